// Draws a matrix of the objects that were passed: a row for each program or launch, a column for each name and type of handle.

const MATRIX_ROWS = 40, MATRIX_COLUMNS = 24;

// Sorts by how many have it, the most first.
function mostFirst(map) {
  return [...map.values()].sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
}

function gather(launches, byLaunch) {
  const rows = new Map(), columns = new Map();
  for (let i = launches.length - 1; i >= 0; i--) {
    const launch = launches[i], key = byLaunch ? launch.launch_id : launch.application || "";
    if (byLaunch && rows.size >= MATRIX_ROWS && !rows.has(key)) continue;
    if (!rows.has(key)) rows.set(key, { key, launch, count: 0, cells: new Map() });
    const row = rows.get(key);
    row.count++;
    for (const handle of launch.handles) {
      const object = objectName(handle);
      if (!columns.has(object)) columns.set(object, { key: object, name: handle.name, type: handle.type || "-", count: 0 });
      columns.get(object).count++;
      if (!row.cells.has(object)) row.cells.set(object, { count: 0, masks: new Map(), launch });
      const cell = row.cells.get(object);
      cell.count++;
      cell.masks.set(handle.granted_access, (cell.masks.get(handle.granted_access) || 0) + 1);
    }
  }
  return { rows: byLaunch ? [...rows.values()] : mostFirst(rows), columns: mostFirst(columns) };
}

// Returns the letters of all launches in a cell.
function lettersOf(type, cell) {
  const all = new Set([...cell.masks.keys()].flatMap((mask) => [...accessLetters(type, mask)]));
  if (all.size > 1) all.delete("0"), all.delete("s");
  return [..."rwxcs+0"].filter((letter) => all.has(letter)).join("");
}

function cellElement(row, column, rowName) {
  const cell = row.cells.get(column.key);
  if (!cell) return element("td", null, element("span", { class: "none", text: "\u00b7", "aria-label": "nothing" }));
  const letters = lettersOf(column.type, cell), masks = [...cell.masks].sort((a, b) => b[1] - a[1]);
  const words = masks.slice(0, 4).map(([mask, count]) => hex(mask) + " " + accessWords(column.type, mask) + (masks.length > 1 ? " (" + count + "\u00d7)" : ""));
  const label = rowName + ", " + shown(column.name) + " (" + shown(column.type) + ")";
  const tip = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    showTip([label, ...words, masks.length > 4 ? "and " + plural(masks.length - 4, "other mask") : null, plural(cell.count, "launch"), "click to see the latest"], box.left + box.width / 2, box.top);
  };
  const strength = /[wc]/.test(letters) ? (letters.length > 2 ? 3 : 2) : 1;
  return element("td", null, element("button", { type: "button", class: "cell s" + strength, text: letters + (masks.length > 1 ? "*" : ""), "aria-label": label + ": " + words.join("; ") + "; " + plural(cell.count, "launch"),
    on: { click: () => { choose(cell.launch); showDetail(); }, pointerenter: tip, pointerleave: hideTip, focus: tip, blur: hideTip } }));
}

function columnHead(column) {
  return element("th", { scope: "col" }, element("button", { type: "button", class: "object", "aria-pressed": String(state.only.object === column.key), title: shown(column.name) + " (" + shown(column.type) + ")",
    on: { click: () => setOnly("object", column.key) } }, element("b", { text: shown(column.name) }), element("span", { text: shown(column.type) })));
}

function rowHead(row, byLaunch) {
  const name = shown(byLaunch ? programName(row.launch) : baseName(row.key) || "(no program)");
  const press = byLaunch ? () => { choose(row.launch); showDetail(); } : () => setOnly("program", row.launch.application);
  return element("th", { scope: "row" }, element("button", { type: "button", class: "row-name", title: shown(byLaunch ? row.launch.application : row.key),
    "aria-pressed": byLaunch ? null : String(state.only.program !== null && state.only.program === row.launch.application), on: { click: press } },
    element("b", { text: name }), element("span", { text: byLaunch ? "#" + row.launch.seq : grouped(row.count) })));
}

function drawMatrix() {
  const byLaunch = $("matrix-by").value === "launch", { rows, columns } = gather(selection().launches, byLaunch);
  const with_ = rows.filter((row) => row.cells.size), shownRows = with_.slice(0, MATRIX_ROWS), shownColumns = columns.slice(0, MATRIX_COLUMNS);
  const notes = [];
  if (with_.length > MATRIX_ROWS || (byLaunch && selection().launches.length > MATRIX_ROWS)) notes.push(byLaunch ? "the latest " + MATRIX_ROWS : "the " + MATRIX_ROWS + " programs with the most launches, of " + with_.length);
  if (columns.length > MATRIX_COLUMNS) notes.push("the " + MATRIX_COLUMNS + " most frequent objects, of " + columns.length);
  $("matrix-note").textContent = notes.join("; ");
  if (!shownRows.length) {
    $("matrix").replaceChildren(element("p", { class: "empty", text: "No handles were passed in this selection" }));
    return;
  }
  const head = element("tr", null, element("th", { scope: "col", class: "corner", text: byLaunch ? "Launch" : "Program" }), ...shownColumns.map(columnHead));
  const body = shownRows.map((row) => element("tr", null, rowHead(row, byLaunch), ...shownColumns.map((column) => cellElement(row, column, shown(byLaunch ? programName(row.launch) + " #" + row.launch.seq : baseName(row.key))))));
  $("matrix").replaceChildren(element("table", null, element("thead", null, head), element("tbody", null, ...body)));
}

function beginMatrix() {
  $("matrix-by").addEventListener("change", drawMatrix);
}
