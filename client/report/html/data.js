// Decodes the page's data: launches as objects, and the counts of the launches that are not listed.

const OUTCOMES = ["started", "denied", "failed", "interrupted", "pending"];

function reader(texts, most) {
  const numbered = (value) => {
    if (typeof value === "number") return texts[value];
    if (typeof value === "string" && texts.length < most) texts.push(value);
    return value;
  };
  const object = (columns, row, parts) => {
    const made = {};
    for (let i = 0; i < columns.length; i++) {
      const value = row[i];
      made[columns[i][0]] = columns[i][1] === "numbered" ? numbered(value)
        : Array.isArray(value) ? value.map((part) => object(parts, part, null)) : value;
    }
    return made;
  };
  return object;
}

// Returns where a launch's bar ends: null while the child runs, or if no broker saw it exit.
function endOf(launch) {
  return launch.started_at === null ? launch.requested_at : launch.exited_at;
}

function callerName(launch) {
  return launch.caller_image === null ? "" : launch.caller_image;
}

function objectName(handle) {
  return handle.name + "\u0000" + (handle.type || "-");
}

// Returns all the text that a search looks through.
function searched(launch) {
  if (launch.searched === undefined)
    launch.searched = [launch.seq, launch.launch_id, launch.command_line, launch.application, launch.caller_image,
      launch.caller_user, launch.caller_sid, launch.rule, launch.error_message, launch.directory, launch.outcome,
      ...launch.handles.map((handle) => handle.name + " " + (handle.type || ""))].join("\n").toLowerCase();
  return launch.searched;
}

function readOlder(older) {
  if (!older) return { launches: 0, width: 1, cells: [], merged: false };
  const cells = older.cells.map(([second, caller, ...counts]) => ({
    at: second * 1e6,
    caller: caller < 0 ? "(other callers)" : older.callers[caller] || "",
    counts: OUTCOMES.map((name) => counts[older.outcomes.indexOf(name)] || 0),
  }));
  return { launches: older.launches, width: older.width, cells, merged: older.merged };
}

function extentOf(launches, older) {
  let first = Infinity, last = -Infinity, end = -Infinity;
  for (const launch of launches) {
    first = Math.min(first, launch.requested_at);
    last = Math.max(last, launch.requested_at);
    end = Math.max(end, launch.exited_at || launch.requested_at);
  }
  for (const cell of older.cells) {
    first = Math.min(first, cell.at);
    last = Math.max(last, cell.at + older.width * 1e6 - 1);
  }
  return first === Infinity ? null : { first, last, end: Math.max(last, end) };
}

function readData(text) {
  const raw = JSON.parse(text), about = raw.about;
  const object = reader([], about.texts_most);
  setDeceptive(about.deceptive);
  setExitCodes(about.exit_codes);
  const launches = raw.launches.map((row) => object(about.columns, row, about.handle_columns));
  const older = readOlder(raw.end.older);
  const byTime = launches.slice().sort((a, b) => a.requested_at - b.requested_at || a.seq - b.seq);
  return { about, launches, byTime, older, count: raw.end.count, extent: extentOf(launches, older) };
}
