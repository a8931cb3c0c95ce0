// Assembles the page.

function drawFilters() {
  const only = state.only, chips = [];
  const chip = (name, key, text) => chips.push(element("button", { type: "button", class: "chip", "aria-label": "remove the filter: " + name + " " + text, on: { click: () => setOnly(key, only[key]) } }, element("span", { text: name + ": " + text }), element("span", { "aria-hidden": "true", text: "\u2715" })));
  if (only.program !== null) chip("program", "program", shown(baseName(only.program)));
  if (only.object !== null) chip("handle", "object", only.object.split("\u0000").map(shown).join(" "));
  $("chips").replaceChildren(...chips);
  $("caller").value = only.caller === null ? "all" : "=" + only.caller;
  $("clear").disabled = !(asksForOne() || only.caller !== null || state.outcomes.size < OUTCOMES.length || state.brush);
}

function beginFilters() {
  const callers = [...new Set([...state.data.launches.map(callerName), ...state.data.older.cells.map((cell) => cell.caller)])].sort();
  $("caller").replaceChildren(element("option", { value: "all", text: "all callers" }), ...callers.map((name) => element("option", { value: "=" + name, text: shown(name) || "(unknown)" })));
  $("caller").addEventListener("change", () => {
    state.only.caller = $("caller").value === "all" ? null : $("caller").value.slice(1);
    changed();
  });
  let waiting = 0;
  $("search").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      state.search = $("search").value.toLowerCase();
      changed();
    }, 80);
  });
  for (const name of OUTCOMES) {
    const box = element("input", { type: "checkbox", value: name, on: { change: () => { box.checked ? state.outcomes.add(name) : state.outcomes.delete(name); changed(); } } });
    box.checked = true;
    $("outcomes").append(element("label", null, box, markElement(name), element("span", { text: name })));
  }
  $("clear").addEventListener("click", () => {
    state.search = $("search").value = "";
    state.only = { caller: null, program: null, object: null };
    state.outcomes = new Set(OUTCOMES);
    for (const box of $("outcomes").querySelectorAll("input")) box.checked = true;
    state.brush = null;
    changed();
  });
}

function drawMarks() {
  $("legend").replaceChildren(...OUTCOMES.map((name) => element("li", null, markElement(name), element("span", { text: name }))), element("li", { class: "hint", text: "below the line: not started, on a scale of its own" }));
  for (const label of $("outcomes").querySelectorAll("label")) label.querySelector("canvas").replaceWith(markElement(label.querySelector("input").value));
}

// Draws the parts with many elements. While the brush is dragged they follow when it pauses.
let rest = 0, drawnChange = 0;

function drawRest() {
  drawMatrix();
  drawTable();
  if (drawnChange === state.change) delete document.documentElement.dataset.busy;
}

function drawAll(chosenOnly) {
  if (!chosenOnly) {
    drawnChange = state.change;
    drawNumbers();
    drawOverview();
    drawFilters();
    drawLanes();
    clearTimeout(rest);
    if (overview.drag) rest = setTimeout(drawRest, 120);
    else drawRest();
  } else {
    paintLanes();
    drawRows(true);
    drawDetail();
  }
  document.documentElement.dataset.drawn = String(Number(document.documentElement.dataset.drawn || 0) + 1);
}

function repaint() {
  forgetTheme();
  drawChain();
  drawAbout();
  drawMarks();
  drawDetail();
  drawAll(false);
}

function begin() {
  state.data = readData($("data").textContent);
  clock.utc = state.data.about.utc;
  for (const run of [beginFilters, beginOverview, beginLanes, beginMatrix, beginDetail, beginTable, beginCsv]) run();
  $("zone").addEventListener("click", () => {
    clock.utc = !clock.utc;
    $("zone").setAttribute("aria-pressed", String(clock.utc));
    repaint();
  });
  $("zone").setAttribute("aria-pressed", String(clock.utc));
  state.chosen = state.data.launches[0] || null;
  follow(drawAll);
  repaint();
  for (const query of ["(prefers-color-scheme: dark)", "print"]) window.matchMedia(query).addEventListener("change", repaint);
  window.addEventListener("resize", soon(() => drawAll(false)));
}

begin();
