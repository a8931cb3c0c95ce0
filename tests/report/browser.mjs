// A headless Chromium, spoken to over a pair of pipes: https://chromedevtools.github.io/devtools-protocol/
// Nothing but Node.js: no package, no port that others could connect to.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const DEADLINE_MS = 60000;

export async function openBrowser(program) {
  const profile = mkdtempSync(join(tmpdir(), "report-"));
  const flags = ["--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + profile, "--no-first-run", "--disable-gpu",
    "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-default-browser-check", "--mute-audio", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND"];
  // As root, as in a container, Chromium's own sandbox cannot be made. What it shows here is our own page.
  if (process.getuid() === 0) flags.push("--no-sandbox");
  const child = spawn(program, flags, { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] });
  const waiting = new Map(), listeners = new Set();
  let next = 1, rest = Buffer.alloc(0), said = "";
  child.stderr.on("data", (text) => { said = (said + text).slice(-4000); });

  const ended = new Promise((resolve) => child.on("exit", resolve));
  const fail = (why) => { for (const one of waiting.values()) one.reject(new Error(why + "\n" + said)); waiting.clear(); };
  child.on("error", (error) => fail("the browser cannot be started: " + error.message));
  child.stdio[3].on("error", () => {});
  ended.then((code) => fail("the browser ended with " + code));

  const take = (text) => {
    const message = JSON.parse(text), one = waiting.get(message.id);
    if (!message.id) return listeners.forEach((listener) => listener(message));
    waiting.delete(message.id);
    if (one) message.error ? one.reject(new Error(one.method + ": " + message.error.message)) : one.resolve(message.result);
  };
  child.stdio[4].on("data", (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (let end; (end = rest.indexOf(0)) >= 0; rest = rest.subarray(end + 1)) take(rest.subarray(0, end).toString());
  });

  const send = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
    const id = next++, late = setTimeout(() => reject(new Error(method + ": no answer\n" + said)), DEADLINE_MS);
    const settle = (run) => (value) => { clearTimeout(late); run(value); };
    waiting.set(id, { method, resolve: settle(resolve), reject: settle(reject) });
    child.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
  });

  const close = async () => {
    await send("Browser.close").catch(() => child.kill("SIGKILL"));
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { send, listeners, close };
}

// A page, with all that it asked for, said and broke.
export async function openPage(browser, { width = 1280, height = 900, dark = false, scale = 1, touch = false } = {}) {
  const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
  const send = (method, params) => browser.send(method, params, sessionId);
  const page = { send, requests: [], troubles: [], loaded: null };
  browser.listeners.add((message) => {
    if (message.sessionId !== sessionId) return;
    const { method, params } = message;
    if (method === "Network.requestWillBeSent") page.requests.push(params.request.url);
    if (method === "Runtime.exceptionThrown") page.troubles.push(params.exceptionDetails.text + " " + (params.exceptionDetails.exception?.description || ""));
    if (method === "Runtime.consoleAPICalled") page.troubles.push("console: " + params.args.map((arg) => arg.value ?? arg.description).join(" "));
    if (method === "Log.entryAdded") page.troubles.push(params.entry.level + ": " + params.entry.text);
    if (method === "Page.javascriptDialogOpening") page.troubles.push("a dialog: " + params.message);
    if (method === "Page.loadEventFired" && page.loaded) page.loaded();
  });
  for (const domain of ["Page", "Runtime", "Log", "Network"]) await send(domain + ".enable");
  await send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: scale, mobile: touch });
  await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
  await send("Emulation.setTimezoneOverride", { timezoneId: "Europe/Berlin" });

  page.go = async (url) => {
    const loaded = new Promise((resolve) => { page.loaded = resolve; });
    await send("Page.addScriptToEvaluateOnNewDocument", { source: 'window.violations = []; document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective + " " + event.blockedURI));' });
    await send("Page.navigate", { url });
    await loaded;
  };
  // What an expression gives; a promise is waited for.
  page.ask = async (expression) => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(expression + ": " + (exceptionDetails.exception?.description || exceptionDetails.text));
    return result.value;
  };
  // Polls until the expression is true.
  page.until = async (expression) => {
    for (const end = Date.now() + DEADLINE_MS; !(await page.ask(expression)); await new Promise((resolve) => setTimeout(resolve, 15)))
      if (Date.now() > end) throw new Error("never: " + expression);
  };
  page.box = (selector) => page.ask(`(() => { const box = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect(); return { x: box.x, y: box.y, width: box.width, height: box.height }; })()`);
  // The same, when it has been scrolled into sight.
  page.show = async (selector) => {
    await page.ask(`document.querySelector(${JSON.stringify(selector)}).scrollIntoView({ block: "center" })`);
    return page.box(selector);
  };
  page.mouse = (type, x, y) => send("Input.dispatchMouseEvent", { type, x, y, button: type === "mouseMoved" ? "none" : "left", buttons: type === "mouseReleased" ? 0 : 1, clickCount: 1 });
  page.clickAt = async (x, y) => { await page.mouse("mousePressed", x, y); await page.mouse("mouseReleased", x, y); };
  page.click = async (selector) => {
    const box = await page.show(selector);
    await page.clickAt(box.x + box.width / 2, box.y + box.height / 2);
  };
  page.drag = async (x1, y, x2) => {
    await page.mouse("mousePressed", x1, y);
    for (let i = 1; i <= 6; i++) await send("Input.dispatchMouseEvent", { type: "mouseMoved", x: x1 + ((x2 - x1) * i) / 6, y, button: "left", buttons: 1 });
    await page.mouse("mouseReleased", x2, y);
  };
  page.key = async (key, modifiers = 0) => {
    const code = { ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40, Enter: 13, Escape: 27, Tab: 9, Home: 36, End: 35, PageDown: 34, PageUp: 33, " ": 32 }[key];
    const given = { key, code: key === " " ? "Space" : key, windowsVirtualKeyCode: code, modifiers };
    await send("Input.dispatchKeyEvent", { type: "keyDown", ...given, text: key === "Enter" ? "\r" : key === " " ? " " : undefined });
    await send("Input.dispatchKeyEvent", { type: "keyUp", ...given });
  };
  page.type = (text) => send("Input.insertText", { text });
  page.picture = async (whole = false) => {
    const params = { format: "png", captureBeyondViewport: whole };
    if (whole) {
      const { cssContentSize } = await send("Page.getLayoutMetrics");
      params.clip = { x: 0, y: 0, width: cssContentSize.width, height: Math.min(cssContentSize.height, 6000), scale: 1 };
    }
    return Buffer.from((await send("Page.captureScreenshot", params)).data, "base64");
  };
  page.close = () => browser.send("Target.closeTarget", { targetId });
  return page;
}
