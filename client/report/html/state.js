// Holds what is selected. Everything drawn follows from it.

const state = {
  data: null,
  brush: null, // [from, to) in microseconds; null: all of the time
  search: "",
  outcomes: new Set(OUTCOMES),
  only: { caller: null, program: null, object: null },
  chosen: null,
  change: 0,
};

const followers = [];
let found = null;

// Calls run after the selection changed; with true if only the chosen launch changed.
function follow(run) {
  followers.push(run);
}

const tellAll = soon(() => followers.forEach((run) => run(false)));

// Sets busy on the root element until everything shows the last change.
function changed() {
  found = null;
  state.change++;
  document.documentElement.dataset.busy = "";
  tellAll();
}

function span() {
  const extent = state.data.extent;
  return state.brush || (extent ? [extent.first, extent.last + 1] : [0, 1]);
}

function passes(launch) {
  const only = state.only;
  return state.outcomes.has(launch.outcome) &&
    (only.caller === null || callerName(launch) === only.caller) &&
    (only.program === null || launch.application === only.program) &&
    (only.object === null || launch.handles.some((handle) => objectName(handle) === only.object)) &&
    (!state.search || searched(launch).includes(state.search));
}

// Returns the selected launches in the order of time. alive: those that pass the filters, whatever their time.
function selection() {
  if (found) return found;
  const [from, to] = span();
  const alive = state.data.byTime.filter(passes);
  found = { alive, launches: alive.filter((launch) => launch.requested_at >= from && launch.requested_at < to) };
  return found;
}

// Returns whether a filter is set that counted launches cannot be checked against.
function asksForOne() {
  return state.search !== "" || state.only.program !== null || state.only.object !== null;
}

function olderCells() {
  if (asksForOne()) return [];
  return state.data.older.cells.filter((cell) => state.only.caller === null || cell.caller === state.only.caller);
}

// Counts by outcome, listed and counted launches together. A time step that the selection cuts belongs to where it begins.
function countsOf() {
  const counts = OUTCOMES.map(() => 0), [from, to] = span();
  for (const launch of selection().launches) counts[OUTCOMES.indexOf(launch.outcome)]++;
  let older = 0;
  for (const cell of olderCells())
    if (cell.at >= from && cell.at < to)
      cell.counts.forEach((count, i) => {
        if (!state.outcomes.has(OUTCOMES[i])) return;
        counts[i] += count;
        older += count;
      });
  return { counts, older, total: counts.reduce((a, b) => a + b, 0) };
}

function setBrush(from, to) {
  const extent = state.data.extent;
  const left = Math.max(extent.first, Math.min(from, to)), right = Math.min(extent.last + 1, Math.max(from, to));
  state.brush = right > left && (left > extent.first || right < extent.last + 1) ? [left, right] : null;
  changed();
}

function clearBrush() {
  if (!state.brush) return;
  state.brush = null;
  changed();
}

function setOnly(name, value) {
  state.only[name] = state.only[name] === value ? null : value;
  changed();
}

function choose(launch) {
  state.chosen = launch;
  followers.forEach((run) => run(true));
}
