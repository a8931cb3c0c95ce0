// Draws a lane for each calling program: above the line, marks for launches that did not start; below, a bar for each child's
// lifetime. Bars that overlap in time go into rows of their own while there is room.

const lanes = { list: [], left: 0, width: 0, full: 0, height: 0, at: null };
const LANE = { marks: 14, bar: 9, gap: 2, rows: 6, pad: 9, least: 36, axis: 22 };

function laneX(us) {
  const [from, to] = span();
  return lanes.left + ((us - from) / (to - from)) * lanes.width;
}

// Returns where a launch's bar begins and ends. A child without a known exit extends to the end of the data.
function barOf(launch) {
  const end = endOf(launch), from = launch.started_at === null ? launch.requested_at : launch.started_at;
  return [from, end === null ? Math.max(state.data.extent.end, from) : Math.max(end, from)];
}

// Assigns launches, sorted by time, to rows so that no bar hides another.
function pack(lane) {
  const ends = [];
  for (const launch of lane.launches) {
    const [start, end] = barOf(launch), x = Math.max(lanes.left, laneX(start)), right = Math.min(lanes.left + lanes.width, Math.max(x + 3, laneX(end)));
    const item = { launch, x, right, mark: launch.started_at === null, row: 0 };
    if (!item.mark) {
      let row = ends.findIndex((taken) => taken <= x);
      if (row < 0) row = ends.length < LANE.rows ? ends.length : ends.indexOf(Math.min(...ends));
      ends[row] = Math.max(right + 1, ends[row] || 0);
      item.row = row;
    }
    lane.items.push(item);
  }
  lane.rows = ends.length;
  lane.marks = lane.items.some((item) => item.mark);
  lane.height = Math.max(LANE.least, (lane.marks ? LANE.marks : 0) + lane.rows * (LANE.bar + LANE.gap) + 2 * LANE.pad);
}

// Returns the program's name, with its directory if two programs share the name.
function labelLanes() {
  const count = new Map();
  for (const lane of lanes.list) count.set(baseName(lane.name), (count.get(baseName(lane.name)) || 0) + 1);
  for (const lane of lanes.list)
    lane.label = shown(count.get(baseName(lane.name)) > 1 ? lane.name.split(/[\\/]/).slice(-2).join("\\") : baseName(lane.name)) || "(unknown)";
}

function laneOf(by, name) {
  if (!by.has(name)) by.set(name, { name, launches: [], items: [], cells: [], counted: 0 });
  return by.get(name);
}

function layLanes() {
  const [from, to] = span(), by = new Map();
  for (const launch of selection().alive) {
    const [start, end] = barOf(launch);
    if (launch.requested_at >= to || (launch.started_at === null ? start : end) < from) continue;
    const name = callerName(launch);
    laneOf(by, name).launches.push(launch);
  }
  for (const cell of olderCells()) {
    if (cell.at < from || cell.at >= to) continue;
    const lane = laneOf(by, cell.caller), count = cell.counts.reduce((sum, n, i) => sum + (state.outcomes.has(OUTCOMES[i]) ? n : 0), 0);
    lane.counted += count;
    if (count) lane.cells.push([cell.at, count, DOWN.some((name) => state.outcomes.has(name) && cell.counts[OUTCOMES.indexOf(name)])]);
  }
  lanes.list = [...by.values()].sort((a, b) => b.launches.length + b.counted - a.launches.length - a.counted || (a.name < b.name ? -1 : 1));
  let top = LANE.axis;
  labelLanes();
  for (const lane of lanes.list) {
    pack(lane);
    lane.top = top;
    top += lane.height;
  }
  lanes.height = top;
}

function drawItem(draw, lane, item, offset) {
  const colours = themeNow(), top = lane.top - offset + LANE.pad, chosen = item.launch === state.chosen;
  const y = item.mark ? top + 5 : top + (lane.marks ? LANE.marks : 0) + item.row * (LANE.bar + LANE.gap);
  item.y = y;
  if (item.mark) drawMark(draw, item.launch.outcome, item.x, y);
  else {
    const width = Math.max(2, item.right - item.x), failed = item.launch.exit_code > 0;
    draw.fillStyle = colours.fill[item.launch.outcome];
    draw.fillRect(item.x, y, width, LANE.bar);
    draw.fillStyle = colours.soft;
    if (failed && width > 5) draw.fillRect(item.x + width - 3, y, 3, LANE.bar); /* a cap: exited with an error */
    if (endOf(item.launch) === null && width > 8) {
      draw.fillStyle = colours.panel;
      for (let i = 1; i <= 3; i++) draw.fillRect(item.x + width - 3 * i, y, 1.5, LANE.bar);
    }
  }
  if (!chosen && item !== lanes.at) return;
  draw.strokeStyle = colours.text;
  draw.lineWidth = 2;
  if (item.mark) draw.strokeRect(item.x - 7, y - 7, 14, 14);
  else draw.strokeRect(item.x - 1.5, y - 1.5, Math.max(2, item.right - item.x) + 3, LANE.bar + 3);
}

// Draws launches that are only counted as a band: darker where there were more, red below where some did not start.
function drawBand(draw, lane, offset) {
  const colours = themeNow(), most = Math.max(1, ...lane.cells.map((cell) => cell[1])), y = lane.top - offset + LANE.pad;
  for (const [at, count, failed] of lane.cells) {
    const x = laneX(at), width = Math.max(2, laneX(at + state.data.older.width * 1e6) - x);
    draw.globalAlpha = 0.15 + 0.45 * (count / most);
    draw.fillStyle = colours.colour.started;
    draw.fillRect(x, y, width, 12);
    draw.globalAlpha = 0.8;
    draw.fillStyle = colours.fill.denied;
    if (failed) draw.fillRect(x, y + 13, width, 4);
  }
  draw.globalAlpha = 1;
}

function cutText(draw, text, width) {
  if (draw.measureText(text).width <= width) return text;
  let most = text.length;
  while (most > 1 && draw.measureText(text.slice(0, most) + "\u2026").width > width) most--;
  return text.slice(0, most) + "\u2026";
}

function drawLabel(draw, lane, y) {
  const colours = themeNow(), failed = lane.launches.filter((launch) => DOWN.includes(launch.outcome)).length;
  draw.textAlign = "left";
  draw.fillStyle = colours.text;
  draw.font = "600 12px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
  draw.fillText(cutText(draw, lane.label, lanes.left - 20), 12, y + 13);
  draw.font = "11px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
  const total = lane.launches.length + lane.counted, text = grouped(total);
  draw.fillStyle = colours.soft;
  draw.fillText(text, 12, y + 27);
  draw.fillStyle = colours.colour.denied;
  if (failed) draw.fillText(cutText(draw, grouped(failed) + " \u2715", lanes.left - 30 - draw.measureText(text).width), 20 + draw.measureText(text).width, y + 27);
}

// Draws only what is visible.
function paintLanes() {
  const box = $("lanes"), offset = box.scrollTop, draw = canvasOf($("lanes-canvas"), lanes.full, box.clientHeight), colours = themeNow();
  const [from, to] = span(), bottom = Math.min(box.clientHeight, lanes.height - offset);
  lanes.list.forEach((lane, i) => {
    if (lane.top + lane.height < offset || lane.top > offset + box.clientHeight || i % 2) return;
    draw.fillStyle = colours.stripe;
    draw.fillRect(0, lane.top - offset, lanes.full, lane.height);
  });
  if (state.data.extent) drawTicks(draw, from, to, lanes.left, lanes.width, LANE.axis, bottom);
  draw.save();
  draw.beginPath(), draw.rect(lanes.left - 8, 0, lanes.width + 16, box.clientHeight), draw.clip();
  for (const lane of lanes.list)
    if (lane.top + lane.height >= offset && lane.top <= offset + box.clientHeight) {
      drawBand(draw, lane, offset);
      for (const item of lane.items) drawItem(draw, lane, item, offset);
    }
  draw.restore();
  for (const lane of lanes.list) if (lane.top + lane.height >= offset && lane.top <= offset + box.clientHeight) drawLabel(draw, lane, lane.top - offset);
  draw.fillStyle = colours.panel;
  draw.fillRect(0, 0, lanes.full, LANE.axis);
  if (state.data.extent) drawTicks(draw, from, to, lanes.left, lanes.width, LANE.axis, 2);
  if (!lanes.list.length) {
    draw.textAlign = "center";
    draw.fillStyle = colours.soft;
    draw.fillText("No launches in this selection", lanes.full / 2, 60);
  }
}

function drawLanes() {
  const box = $("lanes");
  lanes.full = box.clientWidth;
  lanes.left = lanes.full < 560 ? 104 : 190;
  lanes.width = lanes.full - lanes.left - 14;
  layLanes();
  $("lanes-space").style.height = Math.max(lanes.height, 96) + "px";
  box.style.height = Math.max(110, Math.min(lanes.height + 18, 440)) + "px";
  const counted = lanes.list.reduce((sum, lane) => sum + lane.counted, 0);
  $("lanes-note").textContent = plural(lanes.list.length, "caller") + (counted ? "; " + grouped(counted) + " launches are counted: a band without bars" : "");
  if (lanes.at) lanes.at = lanes.list.flatMap((lane) => lane.items).find((item) => item.launch === lanes.at.launch) || null;
  paintLanes();
}

// ---- pointer and keys ----

function itemAt(event) {
  const box = $("lanes-canvas").getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top, deep = y + $("lanes").scrollTop;
  const lane = lanes.list.find((one) => deep >= one.top && deep < one.top + one.height);
  let best = null;
  for (const item of lane && y > LANE.axis ? lane.items : []) {
    const near = item.mark ? Math.abs(x - item.x) < 7 && Math.abs(y - item.y) < 8 : x >= item.x - 2 && x <= item.right + 2 && y >= item.y - 1 && y <= item.y + LANE.bar + 1;
    if (near) best = item;
  }
  return { lane, item: best, label: x < lanes.left - 8 };
}

function launchTip(launch, x, y) {
  const end = endOf(launch);
  showTip([shown(programName(launch)) + "  #" + launch.seq, moment(launch.requested_at, 3), outcomeText(launch),
    launch.started_at === null ? null : end === null ? "no exit is recorded" : "ran " + durationText(end - launch.started_at), launch.caller_user && "by " + shown(launch.caller_user),
    launch.handles.length ? plural(launch.handles.length, "handle") : null], x, y);
}

function lanesKey(event) {
  const lane = lanes.list.find((one) => one.items.includes(lanes.at)), index = lanes.list.indexOf(lane);
  let wanted = null;
  const nearest = (other) => other && other.items.reduce((best, item) => (!best || Math.abs(item.x - lanes.at.x) < Math.abs(best.x - lanes.at.x) ? item : best), null);
  if (event.key === "Enter" && lanes.at) return choose(lanes.at.launch), showDetail();
  if (event.key === "Escape") return hideTip();
  if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
  event.preventDefault();
  if (!lane) wanted = lanes.list.flatMap((one) => one.items)[0];
  else if (event.key === "ArrowLeft") wanted = lane.items[lane.items.indexOf(lanes.at) - 1];
  else if (event.key === "ArrowRight") wanted = lane.items[lane.items.indexOf(lanes.at) + 1];
  else if (event.key === "Home") wanted = lane.items[0];
  else if (event.key === "End") wanted = lane.items[lane.items.length - 1];
  else for (let i = index + (event.key === "ArrowUp" ? -1 : 1); lanes.list[i] && !wanted; i += event.key === "ArrowUp" ? -1 : 1) wanted = nearest(lanes.list[i]);
  if (wanted) goToItem(wanted);
}

function goToItem(item) {
  const box = $("lanes"), lane = lanes.list.find((one) => one.items.includes(item));
  lanes.at = item;
  if (lane.top < box.scrollTop + LANE.axis) box.scrollTop = lane.top - LANE.axis;
  if (lane.top + lane.height > box.scrollTop + box.clientHeight) box.scrollTop = lane.top + lane.height - box.clientHeight;
  paintLanes();
  const place = $("lanes-canvas").getBoundingClientRect();
  launchTip(item.launch, place.left + item.x, place.top + item.y);
}

function beginLanes() {
  const canvas = $("lanes-canvas");
  $("lanes").addEventListener("scroll", soon(paintLanes));
  canvas.addEventListener("keydown", lanesKey);
  canvas.addEventListener("pointerleave", hideTip);
  canvas.addEventListener("blur", () => {
    lanes.at = null;
    hideTip();
    paintLanes();
  });
  canvas.addEventListener("pointermove", (event) => {
    const { lane, item, label } = itemAt(event);
    canvas.style.cursor = item || (label && lane) ? "pointer" : "default";
    if (item) launchTip(item.launch, event.clientX, event.clientY);
    else if (label && lane) showTip([shown(lane.name) || "(unknown)", "click to show only this caller"], event.clientX, event.clientY);
    else hideTip();
  });
  canvas.addEventListener("click", (event) => {
    const { lane, item, label } = itemAt(event);
    if (item) choose(item.launch), showDetail();
    else if (label && lane) setOnly("caller", lane.name);
  });
}
