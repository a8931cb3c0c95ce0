// Shows the selected launches, sorted. Only visible rows are elements.

const ROW = 30;
const table = { rows: [], key: "seq", down: true, first: -1, at: 0 };

const COLUMNS = [
  { key: "seq", title: "Seq", of: (l) => l.seq, text: (l) => String(l.seq), kind: "number" },
  { key: "time", title: "Requested", of: (l) => l.requested_at, text: (l) => moment(l.requested_at, 3), kind: "time" },
  { key: "outcome", title: "Outcome", of: (l) => l.outcome, text: (l) => l.outcome, kind: "state" },
  { key: "caller", title: "Caller", of: (l) => (baseName(l.caller_image) || "").toLowerCase(), text: (l) => shown(baseName(l.caller_image)) + " [" + l.caller_pid + "]", kind: "name" },
  { key: "user", title: "User", of: (l) => (l.caller_user || "").toLowerCase(), text: (l) => shown(l.caller_user), kind: "name" },
  { key: "program", title: "Program", of: (l) => programName(l).toLowerCase(), text: (l) => shown(programName(l)), kind: "name" },
  { key: "line", title: "Command line", of: (l) => l.command_line || "", text: (l) => shown(l.command_line), kind: "long" },
  { key: "handles", title: "Handles", of: (l) => l.handles.length, text: (l) => String(l.handles.length), kind: "number" },
  { key: "exit", title: "Exit", of: (l) => (l.exit_code === null ? -1 : l.exit_code), text: (l) => (l.exit_code === null ? (l.error_code === null ? "" : "error " + l.error_code) : exitText(l.exit_code)), kind: "number exit" },
  { key: "ran", title: "Ran", of: (l) => (l.exited_at === null || l.started_at === null ? -1 : l.exited_at - l.started_at), text: (l) => (l.exited_at === null || l.started_at === null ? "" : durationText(l.exited_at - l.started_at)), kind: "number" },
];

function sortRows() {
  const column = COLUMNS.find((one) => one.key === table.key), sign = table.down ? -1 : 1;
  const keyed = selection().launches.map((launch) => [column.of(launch), launch]);
  keyed.sort((a, b) => (a[0] < b[0] ? -sign : a[0] > b[0] ? sign : b[1].seq - a[1].seq));
  table.rows = keyed.map((pair) => pair[1]);
}

function sortBy(key) {
  table.down = table.key === key ? !table.down : key === "seq" || key === "time";
  table.key = key;
  drawTable();
}

function drawHead() {
  const row = element("tr", { "aria-rowindex": "1" });
  for (const column of COLUMNS) {
    const sorted = column.key === table.key;
    row.append(element("th", { scope: "col", class: column.kind, "aria-sort": sorted ? (table.down ? "descending" : "ascending") : "none" },
      element("button", { type: "button", on: { click: () => sortBy(column.key) }, "data-key": column.key }, element("span", { text: column.title }), element("span", { class: "arrow", "aria-hidden": "true", text: sorted ? (table.down ? "\u2193" : "\u2191") : "" }))));
  }
  const focused = document.activeElement && document.activeElement.dataset.key;
  $("table").tHead.replaceChildren(row);
  if (focused) row.querySelector('[data-key="' + focused + '"]').focus();
}

function rowElement(i) {
  const launch = table.rows[i];
  const row = element("tr", { "aria-rowindex": String(i + 2), "aria-selected": String(launch === state.chosen), tabindex: i === table.at ? "0" : "-1", class: (DOWN.includes(launch.outcome) ? "bad " : "") + (i % 2 ? "odd" : "even"), "data-at": String(i) });
  for (const column of COLUMNS) {
    const text = column.text(launch);
    row.append(column.kind === "state" ? element("td", { role: "gridcell", class: column.kind }, outcomeElement(launch.outcome))
      : element("td", { role: "gridcell", class: column.kind, text, title: column.kind === "long" || column.kind === "name" ? text : null }));
  }
  return row;
}

function spacer(rows) {
  const row = element("tr", { class: "space", "aria-hidden": "true" }), cell = element("td", { colspan: String(COLUMNS.length) });
  cell.style.height = rows * ROW + "px";
  row.append(cell);
  return row;
}

// Renders the visible rows, and some above and below.
function drawRows(again) {
  const box = $("rows"), head = $("table").tHead.offsetHeight;
  const first = Math.max(0, Math.floor((box.scrollTop - head) / ROW) - 8), last = Math.min(table.rows.length, first + Math.ceil(box.clientHeight / ROW) + 18);
  if (!again && first === table.first) return;
  const body = $("table").tBodies[0], focused = body.contains(document.activeElement);
  table.first = first;
  const rows = [];
  for (let i = first; i < last; i++) rows.push(rowElement(i));
  body.replaceChildren(...(first ? [spacer(first)] : []), ...rows, ...(last < table.rows.length ? [spacer(table.rows.length - last)] : []));
  if (!table.rows.length) body.replaceChildren(element("tr", null, element("td", { colspan: String(COLUMNS.length), class: "empty", text: "No launches in this selection" })));
  const here = focused && body.querySelector('[tabindex="0"]');
  if (here) here.focus({ preventScroll: true });
  else if (focused) box.focus();
}

function drawTable() {
  sortRows();
  const now = [table.key, table.down, table.rows.length, table.rows.length && table.rows[0].seq].join();
  if (now !== table.shown) table.at = $("rows").scrollTop = 0; // others than before: from the beginning
  table.shown = now;
  drawHead();
  $("table").setAttribute("aria-rowcount", String(table.rows.length + 1));
  const { total, older } = countsOf();
  $("table-note").textContent = plural(table.rows.length, "launch") + (older ? " of " + grouped(total) + ": the others are counted, and not in this file one by one" : table.rows.length < state.data.launches.length ? " of " + grouped(state.data.launches.length) : "");
  $("csv").disabled = !table.rows.length;
  drawRows(true);
}

// Focuses a row and scrolls it into view.
function goToRow(i) {
  const box = $("rows"), head = $("table").tHead.offsetHeight;
  table.at = Math.max(0, Math.min(table.rows.length - 1, i));
  const top = table.at * ROW;
  if (top < box.scrollTop) box.scrollTop = top;
  if (top + ROW + head > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW + head - box.clientHeight;
  drawRows(true);
  const row = $("table").tBodies[0].querySelector('[data-at="' + table.at + '"]');
  if (row) row.focus({ preventScroll: true });
}

function rowsKey(event) {
  if (!event.target.dataset || event.target.dataset.at === undefined) return;
  const page = Math.max(1, Math.floor($("rows").clientHeight / ROW) - 2);
  const wanted = { ArrowUp: table.at - 1, ArrowDown: table.at + 1, PageUp: table.at - page, PageDown: table.at + page, Home: 0, End: table.rows.length - 1 }[event.key];
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    choose(table.rows[table.at]);
    showDetail();
  } else if (wanted !== undefined) {
    event.preventDefault();
    goToRow(wanted);
  }
}

function beginTable() {
  $("rows").addEventListener("scroll", soon(() => drawRows(false)));
  $("table").tBodies[0].addEventListener("keydown", rowsKey);
  $("table").tBodies[0].addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-at]");
    if (!row || String(window.getSelection())) return; // text is being marked
    table.at = Number(row.dataset.at);
    choose(table.rows[table.at]);
    showDetail();
  });
}
