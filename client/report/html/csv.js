// Writes the table's rows as `spawnctl audit list -o csv` does: RFC 4180, every column, times in UTC, deceptive characters
// escaped, and an apostrophe before anything that a spreadsheet would evaluate as a formula.

function csvText(text) {
  const formula = /^[=+\-@]/.test(text);
  if (!formula && !/[," ]/.test(text)) return text;
  return (formula ? "\"'" : '"') + text.replaceAll('"', '""') + '"';
}

function handlesText(launch) {
  return launch.handles.map((handle) => handle.name + ":" + (handle.type || "-") + "(" + hex(handle.granted_access) + ")").join(" ");
}

function csvCell(launch, [name, type]) {
  const value = launch[name];
  if (Array.isArray(value)) return value.length ? csvText(shown(handlesText(launch))) : "";
  if (value === null) return "";
  if (type !== "number") return csvText(shown(value));
  return name.endsWith("_at") ? rfc3339(value) : String(value);
}

function csvOf(launches) {
  const columns = state.data.about.columns;
  return [columns.map(([name]) => name).join(","), ...launches.map((launch) => columns.map((column) => csvCell(launch, column)).join(","))].join("\r\n") + "\r\n";
}

function downloadCsv() {
  const url = URL.createObjectURL(new Blob([csvOf(table.rows)], { type: "text/csv" }));
  const link = element("a", { href: url, download: "launches.csv" });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

function beginCsv() {
  $("csv").addEventListener("click", downloadCsv);
}
