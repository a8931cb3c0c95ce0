// Looks at the reports in a browser: clicks, brushes, filters, sorts, uses the keyboard, downloads.
//
// usage: node look.mjs BROWSER PAGES-DIRECTORY [PICTURES-DIRECTORY]
// Pages are what the program report_pages made; pictures of all of them are left where asked for.
import { mkdirSync, readFileSync, writeFileSync, mkdtempSync, rmSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { openBrowser, openPage } from "./browser.mjs";

const [program, directory, pictures] = process.argv.slice(2);
const downloads = mkdtempSync(join(tmpdir(), "report-csv-"));
let browser, checks = 0, failures = 0, about = "";

function check(what, got, wanted) {
  checks++;
  if (JSON.stringify(got) === JSON.stringify(wanted)) return;
  failures++;
  console.log(`${about}: ${what}\n    got    ${JSON.stringify(got)}\n    wanted ${JSON.stringify(wanted)}`);
}

const drawn = "Number(document.documentElement.dataset.drawn || 0)";

async function open(name, options) {
  about = name + (options?.dark ? ", dark" : "") + (options?.width ? ", " + options.width + " px" : "");
  const page = await openPage(browser, options);
  page.name = name;
  const start = Date.now();
  await page.go(pathToFileURL(resolve(directory, name + ".html")).href);
  await page.until(drawn + " > 0");
  page.opened = Date.now() - start;
  // Does something, and waits until it is drawn; how long it took.
  page.after = async (run) => {
    const before = await page.ask(drawn), at = Date.now();
    await run();
    await page.until(`${drawn} > ${before} && document.documentElement.dataset.busy === undefined`);
    return Date.now() - at;
  };
  page.text = (selector) => page.ask(`document.querySelector(${JSON.stringify(selector)}).textContent`);
  page.tiles = () => page.ask(`Object.fromEntries([...document.querySelectorAll(".tile")].map((tile) => [tile.querySelector(".tile-name").textContent, Number(tile.querySelector("b").textContent.replace(/\\D/g, ""))]))`);
  page.rows = () => page.ask(`Number(document.getElementById("table").getAttribute("aria-rowcount")) - 1`);
  page.first = () => page.ask(`(async () => { document.getElementById("rows").scrollTop = 0; await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame); return [...document.querySelector("#table tbody tr[data-at='0']").cells].map((cell) => cell.textContent); })()`);
  return page;
}

// Nothing was asked of a network, nothing broke, nothing that the data says ran.
async function finish(page, picture) {
  if (pictures && picture) {
    mkdirSync(pictures, { recursive: true });
    writeFileSync(join(pictures, picture + ".png"), await page.picture(true));
  }
  check("requests", page.requests.filter((url) => !url.startsWith("blob:") && !url.endsWith("/" + page.name + ".html")), []);
  check("console and errors", page.troubles, []);
  check("violations of the content security policy", await page.ask("window.violations"), []);
  check("scripts that the data brought", await page.ask("[typeof window.hacked, document.scripts.length, document.images.length, document.links.length - document.querySelectorAll('a.skip, a.badge').length]"), ["undefined", 2, 0, 0]);
  check("it fits the window", await page.ask("document.documentElement.scrollWidth <= window.innerWidth"), true);
  await page.close();
}

async function download(page) {
  const before = readdirSync(downloads).length;
  const done = new Promise((done) => browser.listeners.add((message) => { if (message.method === "Browser.downloadProgress" && message.params.state === "completed") done(message.params.guid); }));
  await page.click("#csv");
  const guid = await done;
  check("files downloaded", readdirSync(downloads).length - before, 1);
  return readFileSync(join(downloads, guid), "utf8");
}

function sameText(what, got, wanted) {
  if (got === wanted) return check(what, true, true);
  const a = got.split("\r\n"), b = wanted.split("\r\n"), at = b.findIndex((line, i) => line !== a[i]);
  check(`${what}: ${a.length} lines of ${b.length}, line ${at}`, a[at], b[at]);
}

const csvOf = (name) => readFileSync(join(directory, name + ".csv"), "utf8");
const linesOf = (text) => text.split("\r\n").length - 2;

// ---- what a person does ----

async function brush(page) {
  const all = await page.tiles(), box = await page.show("#overview-canvas");
  const y = box.y + 60, middle = box.x + box.width / 2;
  await page.after(() => page.drag(middle, y, middle + box.width / 4));
  const part = await page.tiles();
  check("the brush takes a part", part.launches > 0 && part.launches < all.launches / 2, true);
  check("the table follows", await page.rows(), part.launches);
  check("its ends are told", await page.ask(`Number(document.getElementById("from").getAttribute("aria-valuenow")) < Number(document.getElementById("to").getAttribute("aria-valuenow"))`), true);
  const to = await page.show("#to");
  await page.after(() => page.drag(to.x + to.width / 2, to.y + 60, box.x + box.width - 14));
  check("a grip widens it", (await page.tiles()).launches > part.launches, true);
  await page.ask(`document.getElementById("from").focus()`);
  await page.after(() => page.key("Home"));
  check("a key takes it to the beginning", (await page.tiles()).launches, all.launches);
  await page.ask(`document.getElementById("overview-canvas").focus()`);
  await page.key("ArrowRight");
  check("the tip is reached by key", await page.ask(`!document.getElementById("tip").hidden && /started|denied|failed|no launches/.test(document.getElementById("tip").textContent)`), true);
  for (let i = 0; i < 5; i++) await page.after(() => page.key("ArrowRight", 8));
  const keyed = await page.tiles();
  check("keys select", keyed.launches > 0 && keyed.launches < all.launches, true);
  await page.after(() => page.key("Escape"));
  check("Escape clears", (await page.tiles()).launches, all.launches);
}

async function filters(page) {
  const all = await page.tiles();
  await page.ask(`document.getElementById("search").focus()`);
  await page.after(() => page.type("LINT.exe"));
  const found = csvOf(page.name).split("\r\n").filter((line) => line.includes("lint.exe")).length;
  check("search", await page.rows(), found);
  await page.after(() => page.click("#clear"));
  check("cleared", [await page.rows(), await page.ask(`document.getElementById("search").value`)], [all.launches, ""]);
  for (const name of ["started", "failed", "interrupted", "pending"]) await page.after(() => page.click(`#outcomes input[value=${name}]`));
  check("denied alone", [await page.rows(), (await page.tiles()).started], [all.denied, 0]);
  await page.after(() => page.click("#clear"));
  await page.after(() => page.ask(`(() => { const pick = document.getElementById("caller"); pick.selectedIndex = 1; pick.dispatchEvent(new Event("change")); })()`));
  check("one caller", (await page.tiles()).callers, 1);
  await page.after(() => page.click("#clear"));
  await page.after(() => page.click("#matrix .object[title^=frames]"));
  check("launches with one object", await page.rows(), csvOf(page.name).split("\r\n").filter((line) => line.includes("frames:Section(")).length);
  await page.after(() => page.click(".chip"));
  check("without it", await page.rows(), all.launches);
}

async function tableAndDetail(page) {
  await page.click('#table [data-key="ran"]');
  check("sorted", await page.ask(`document.querySelector('#table [data-key="ran"]').closest("th").getAttribute("aria-sort")`), "ascending");
  await page.click('#table [data-key="ran"]');
  const longest = (await page.first())[9];
  check("the longest first", /min|h/.test(longest), true);
  await page.click('#table [data-key="seq"]');
  await page.click("#table tbody tr[data-at='2']");
  const seq = (await page.ask(`document.querySelector("#table tbody tr[data-at='2']").cells[0].textContent`));
  check("a click chooses", await page.text("#detail-title"), "Launch #" + seq);
  await page.key("ArrowDown");
  await page.key("Enter");
  const next = await page.ask(`document.activeElement.cells[0].textContent`);
  check("keys choose", [next !== seq, await page.text("#detail-title")], [true, "Launch #" + next]);
  await page.key("End");
  check("the last row by key", await page.ask(`document.activeElement.getAttribute("aria-rowindex")`), String((await page.rows()) + 1));
  check("few rows are elements", await page.ask(`document.querySelectorAll("#table tbody tr").length < 80`), true);
  await page.after(() => page.click("#matrix td .cell"));
  const detail = await page.text("#detail-body");
  for (const words of ["caller", "rule", "Handles", "Steps", "attested", "read (all of it)", "0x120089", "exit code", "child resumed"]) check("the detail says " + words, detail.includes(words), true);
}

async function lanesByKey(page) {
  await page.ask(`document.getElementById("lanes-canvas").focus()`);
  await page.key("ArrowRight");
  await page.key("ArrowDown");
  await page.key("ArrowRight");
  const tip = await page.text("#tip");
  await page.key("Enter");
  const title = await page.text("#detail-title");
  check("the lanes by key", [/#\d+/.test(tip), title], [true, "Launch " + (tip.match(/#\d+?(?=\d{4}-)/) || [])[0]]);
  const box = await page.show("#lanes-canvas");
  await page.mouse("mouseMoved", box.x + 60, box.y + 60);
  await page.after(() => page.clickAt(box.x + 60, box.y + 60));
  check("a lane's name takes it alone", (await page.tiles()).callers, 1);
  await page.after(() => page.click("#clear"));
}

async function office() {
  const page = await open("office");
  check("counts", await page.tiles(), { launches: 640, started: 589, denied: 39, failed: 10, interrupted: 1, pending: 1, callers: 5 });
  check("the chain", [await page.text("#badge"), (await page.text("#chain")).includes("14 checkpoints")], ["\u2713chain whole", true]);
  check("what was asked", (await page.text("#about")).includes("--since yesterday"), true);
  sameText("CSV of all", await download(page), csvOf("office"));
  await brush(page);
  await filters(page);
  await tableAndDetail(page);
  await lanesByKey(page);
  const utc = (await page.first())[1];
  await page.after(() => page.click("#zone"));
  check("local time", [utc === (await page.first())[1], (await page.text("#made")).includes("+02:00")], [false, true]);
  await page.click("#zone");
  await page.ask("document.activeElement.blur(); window.scrollTo(0, 0)");
  await finish(page, "report");
}

// The colours of text on its ground: https://www.w3.org/TR/WCAG21/#contrast-minimum
const contrast = `(() => {
  const light = (text) => { const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true }); probe.fillStyle = text; probe.fillRect(0, 0, 1, 1);
    return [0.2126, 0.7152, 0.0722].reduce((sum, part, i) => { const v = probe.getImageData(0, 0, 1, 1).data[i] / 255; return sum + part * (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); }, 0); };
  const style = getComputedStyle(document.documentElement), of = (name) => light(style.getPropertyValue("--" + name).trim());
  const bad = [];
  for (const [text, ground, least] of [["text", "panel", 4.5], ["text", "ground", 4.5], ["text", "stripe", 4.5], ["soft", "panel", 4.5], ["soft", "ground", 4.5], ["accent", "panel", 4.5], ["s-text", "s1", 4.5], ["s-text", "s2", 4.5],
    ["s-text", "s3", 4.5], ["good", "good-ground", 4.5], ["denied", "bad-ground", 4.5], ["open", "open-ground", 4.5], ["denied", "panel", 4.5], ["failed", "panel", 4.5], ["interrupted", "panel", 4.5], ["pending", "panel", 4.5],
    ["started", "panel", 3], ["edge", "panel", 3]]) {
    const a = of(text), b = of(ground), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < least) bad.push(text + " on " + ground + ": " + ratio.toFixed(2));
  }
  return bad; })()`;

async function looks() {
  for (const dark of [false, true]) {
    const page = await open("office", { dark });
    check("contrast", await page.ask(contrast), []);
    check("the ground", await page.ask("getComputedStyle(document.body).backgroundColor"), dark ? "rgb(14, 18, 23)" : "rgb(244, 246, 248)");
    await finish(page, dark ? "report-dark" : null);
  }
  const narrow = await open("office", { width: 390, height: 844, touch: true });
  await narrow.after(() => narrow.click("#matrix td .cell"));
  await finish(narrow, "narrow");
}

async function hostile() {
  const page = await open("hostile");
  sameText("CSV", await download(page), csvOf("hostile"));
  check("formulas have an apostrophe", (csvOf("hostile").match(/"'[=+@-]/g) || []).length > 20, true);
  check("the chain", await page.text("#badge"), "\u2715chain NOT whole");
  for (let i = 0; i < 21; i++) {
    await page.ask(`document.querySelector("#table tbody tr[data-at='${i}']")?.click()`);
    check("nothing deceptive is shown", await page.ask(`/[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]/.test(document.body.innerText)`), false);
  }
  await page.ask(`document.getElementById("search").focus()`);
  await page.after(() => page.type("</script>"));
  check("what is found is text", [await page.rows(), (await page.first())[6]], [1, "</script><script>window.hacked = 1</script>"]);
  await page.after(() => page.click("#clear"));
  await finish(page, "hostile");
}

async function large() {
  const page = await open("many"), all = await page.tiles();
  check("20,000 launches", [all.launches, await page.rows()], [20000, 20000]);
  sameText("CSV", await download(page), csvOf("many"));
  const box = await page.show("#overview-canvas");
  const brushed = await page.after(() => page.drag(box.x + box.width / 3, box.y + 60, box.x + box.width / 2));
  await page.after(() => page.click("#all-time"));
  await page.ask(`document.getElementById("search").focus()`);
  const searched = await page.after(() => page.type("rare.exe"));
  check("search", await page.rows(), csvOf("many").split("\r\n").filter((line) => line.includes("rare.exe")).length);
  await page.after(() => page.click("#clear"));
  const sorted = await page.ask(`(() => { const start = performance.now(); document.querySelector('#table [data-key="line"]').click(); return Math.round(performance.now() - start); })()`);
  const scrolled = await page.ask(`(async () => { const box = document.getElementById("rows"), start = performance.now(); for (let i = 1; i <= 30; i++) { box.scrollTop = i * 9000; await new Promise(requestAnimationFrame); } return (performance.now() - start) / 30; })()`);
  const heap = await page.ask("performance.memory.usedJSHeapSize");
  console.log(`20,000 launches: open ${page.opened} ms, brush ${brushed} ms (7 moves), search ${searched} ms, sort ${sorted} ms, a scrolled frame ${scrolled.toFixed(1)} ms, heap ${(heap / 1048576).toFixed(0)} MiB`);
  await page.ask("window.scrollTo(0, 0)");
  await finish(page, "many");
}

async function larger() {
  const page = await open("more"), all = await page.tiles();
  const total = Number((await page.text("#notice")).replace(/\D*(\d[\d\u202f]*).*?(\d[\d\u202f]*) older.*/, "$2").replace(/\D/g, "")) + 5000;
  check("all are counted, and it says what was left out", [all.launches, await page.rows(), total], [8000, 5000, 8000]);
  check("by outcome", all.started + all.denied + all.failed + all.interrupted + all.pending, total);
  sameText("CSV of the latest", await download(page), csvOf("more"));
  const latest = csvOf("more").split("\r\n").filter((line) => line.includes(",denied,")).length;
  check("the counts are of both", all.denied > latest, true);
  await finish(page, "more");
}

async function others() {
  const empty = await open("empty");
  check("nothing", [(await empty.tiles()).launches, await empty.rows(), await empty.ask(`document.getElementById("csv").disabled`)], [0, 0, true]);
  check("it is not said to be whole", (await empty.text("#badge")).includes("not checked"), true);
  await finish(empty, "empty");
  const some = await open("some");
  check("every kind", (await some.tiles()).launches, linesOf(csvOf("some")));
  sameText("CSV", await download(some), csvOf("some"));
  await finish(some, "some");
}

browser = await openBrowser(program);
try {
  await browser.send("Browser.setDownloadBehavior", { behavior: "allowAndName", downloadPath: downloads, eventsEnabled: true });
  for (const run of [office, looks, hostile, large, larger, others]) await run();
} finally {
  await browser.close();
  rmSync(downloads, { recursive: true, force: true });
}
console.log(failures ? `${failures} of ${checks} checks FAILED` : `${checks} checks passed`);
process.exit(failures ? 1 : 0);
