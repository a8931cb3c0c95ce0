// Shows what the report was asked for, how its chain was verified, and what it leaves out.

const CHAIN_WORDS = {
  "whole": ["\u2713", "chain whole"],
  "not whole": ["\u2715", "chain NOT whole"],
  "not checked": ["?", "chain not checked"],
};

function drawChain() {
  const { state: verdict, facts, wrong } = state.data.about.chain, [sign, words] = CHAIN_WORDS[verdict], kind = verdict.replace(" ", "-");
  $("badge").replaceChildren(element("span", { "aria-hidden": "true", text: sign }), element("span", { text: words }));
  $("badge").className = "badge " + kind;
  const parts = [element("p", { class: "verdict " + kind, text: sign + " " + words }), pairs(facts.map(([name, text]) => [name, shown(text), { class: "code" }]))];
  if (wrong.length) parts.push(element("h3", { text: "Wrong" }), element("ul", { class: "wrong" }, ...wrong.map((text) => element("li", { text: shown(text) }))));
  $("chain").replaceChildren(...parts);
}

function leftOut() {
  const { older, launches } = state.data;
  if (!older.launches) return null;
  return "The latest " + grouped(launches.length) + " launches are listed in this file. " + plural(older.launches, "older launch") +
    " are counted by time (steps of " + stepText(older.width * 1e6) + "), caller and outcome. These counts are exact, but such launches have no bars, handles or rows, and search does not find them." +
    (older.merged ? " All callers after the first 255 are counted together." : "");
}

function drawAbout() {
  const { about, count, extent, launches, older } = state.data;
  $("made").textContent = "made " + momentWithZone(about.made_at) + " by spawnctl " + about.version + (extent ? "; launches from " + momentWithZone(extent.first) + " to " + momentWithZone(extent.last) : "");
  $("notice").hidden = !older.launches;
  $("notice").textContent = leftOut() || "";
  $("about").replaceChildren(pairs([...about.asked.map(([name, text]) => [name, shown(text), { class: "code" }]),
    ["launches", grouped(count) + (older.launches ? ": " + grouped(launches.length) + " listed, " + grouped(older.launches) + " only counted" : ", all of them listed")],
    ["made", momentWithZone(about.made_at)], ["by", "spawnctl " + about.version], ["times", clock.utc ? "UTC" : "this browser's time zone"]]));
}

// ---- counts ----

function drawNumbers() {
  const { counts, total } = countsOf(), callers = new Set(selection().launches.map(callerName));
  const [from, to] = span();
  for (const cell of olderCells()) if (cell.at >= from && cell.at < to) callers.add(cell.caller);
  const share = (count) => (total && count ? (count * 100 / total < 0.1 ? "<0.1" : (count * 100 / total).toFixed(1)) + " %" : "");
  const tile = (name, count, note, kind) => element("div", { class: "tile " + (kind || "") }, element("span", { class: "tile-name" }, kind ? markElement(kind) : null, element("span", { text: name })), element("b", { text: grouped(count) }), element("span", { class: "tile-note", text: note }));
  $("numbers").replaceChildren(tile("launches", total, state.brush ? "selected, of " + grouped(state.data.count) : "in total"),
    ...OUTCOMES.map((name, i) => tile(name, counts[i], share(counts[i]), name)), tile("callers", callers.size, "programs"));
  $("range").textContent = state.data.extent ? moment(from) + " \u2013 " + moment(to) + ", " + durationText(to - from) : "";
  $("all-time").disabled = !state.brush;
}
