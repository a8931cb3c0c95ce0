// Draws launches over time: those that started upward; the others downward, on a scale of their own so that a few stay visible.

const overview = { left: 46, right: 12, top: 8, bottom: 22, width: 0, height: 168, bins: [], step: 1, from: 0, to: 1, drag: null, cursor: null };
const UP = ["started", "pending"], DOWN = ["denied", "failed", "interrupted"];

function xOf(us) {
  return overview.left + ((us - overview.from) / (overview.to - overview.from)) * overview.width;
}

function timeAt(x) {
  return overview.from + (Math.max(0, Math.min(1, (x - overview.left) / overview.width))) * (overview.to - overview.from);
}

// Always draws the whole time, with the selection marked in it.
function fillBins() {
  const extent = state.data.extent, older = olderCells();
  const most = Math.max(24, Math.min(240, Math.floor(overview.width / 5)));
  overview.step = stepFor(extent.last + 1 - extent.first, most);
  if (older.length) overview.step = Math.max(overview.step, state.data.older.width * 1e6);
  overview.from = Math.floor(extent.first / overview.step) * overview.step;
  const count = Math.floor((extent.last - overview.from) / overview.step) + 1;
  overview.to = overview.from + count * overview.step;
  overview.bins = Array.from({ length: count }, () => OUTCOMES.map(() => 0));
  const binOf = (at) => overview.bins[Math.max(0, Math.min(count - 1, Math.floor((at - overview.from) / overview.step)))];
  for (const launch of selection().alive) binOf(launch.requested_at)[OUTCOMES.indexOf(launch.outcome)]++;
  for (const cell of older) cell.counts.forEach((n, i) => { if (state.outcomes.has(OUTCOMES[i])) binOf(cell.at)[i] += n; });
}

const sumOf = (bin, names) => names.reduce((sum, name) => sum + bin[OUTCOMES.indexOf(name)], 0);

function drawStack(draw, bin, names, x, width, base, scale, direction) {
  let at = base;
  for (const name of names) {
    const count = bin[OUTCOMES.indexOf(name)];
    if (!count) continue;
    const height = Math.max(2.5, count * scale);
    draw.fillStyle = themeNow().fill[name];
    draw.fillRect(x, direction < 0 ? at - height : at, width, height);
    at += direction * height;
  }
}

function drawAxis(draw, base, upMost, downMost) {
  const colours = themeNow();
  draw.textAlign = "right";
  draw.fillStyle = colours.soft;
  draw.fillText(grouped(upMost), overview.left - 6, overview.top + 5);
  draw.fillText("0", overview.left - 6, base);
  draw.fillStyle = colours.colour.denied;
  if (downMost) draw.fillText(grouped(downMost), overview.left - 6, overview.height - overview.bottom - 5);
  draw.strokeStyle = colours.soft;
  draw.beginPath(), draw.moveTo(overview.left, base + 0.5), draw.lineTo(overview.left + overview.width, base + 0.5), draw.stroke();
}

function drawSelection(draw) {
  const colours = themeNow(), bottom = overview.height - overview.bottom, [from, to] = span();
  if (state.brush) {
    draw.fillStyle = colours.shade;
    draw.fillRect(overview.left, overview.top, xOf(from) - overview.left, bottom - overview.top);
    draw.fillRect(xOf(to), overview.top, overview.left + overview.width - xOf(to), bottom - overview.top);
    draw.strokeStyle = colours.accent;
    draw.lineWidth = 1.5;
    draw.strokeRect(xOf(from), overview.top, Math.max(1, xOf(to) - xOf(from)), bottom - overview.top);
  }
  if (overview.cursor === null) return;
  draw.strokeStyle = colours.accent;
  draw.lineWidth = 1;
  draw.strokeRect(xOf(overview.from + overview.cursor * overview.step) - 0.5, overview.top, overview.width / overview.bins.length + 1, bottom - overview.top);
}

function drawOverview() {
  const canvas = $("overview-canvas"), full = $("overview").clientWidth;
  overview.width = Math.max(50, full - overview.left - overview.right);
  const draw = canvasOf(canvas, full, overview.height);
  if (!state.data.extent) return drawNothing(draw, full);
  fillBins();
  const bottom = overview.height - overview.bottom;
  const upMost = Math.max(1, ...overview.bins.map((bin) => sumOf(bin, UP))), downMost = Math.max(0, ...overview.bins.map((bin) => sumOf(bin, DOWN)));
  const base = downMost ? overview.top + Math.round((bottom - overview.top) * 0.68) : bottom;
  const each = overview.width / overview.bins.length, gap = each > 4 ? 1 : 0;
  drawTicks(draw, overview.from, overview.to, overview.left, overview.width, overview.top, bottom);
  overview.bins.forEach((bin, i) => {
    const x = overview.left + i * each;
    drawStack(draw, bin, UP, x, each - gap, base, (base - overview.top - 4) / upMost, -1);
    drawStack(draw, bin, DOWN, x, each - gap, base + 2, (bottom - base - 6) / Math.max(1, downMost), 1);
  });
  drawAxis(draw, base, upMost, downMost);
  drawSelection(draw);
  placeGrips();
  canvas.setAttribute("aria-label", "Launches over time: " + plural(overview.bins.length, "step") + " of " + stepText(overview.step) + ", from " + momentWithZone(overview.from) + " to " + momentWithZone(overview.to));
}

function drawNothing(draw, full) {
  draw.textAlign = "center";
  draw.fillStyle = themeNow().soft;
  draw.fillText("No launches", full / 2, overview.height / 2);
  for (const id of ["from", "to"]) $(id).hidden = true;
}

function placeGrips() {
  span().forEach((at, i) => {
    const grip = $(i ? "to" : "from");
    grip.style.left = xOf(i ? Math.min(at, overview.to) : at) + "px";
    grip.setAttribute("aria-valuemin", state.data.extent.first);
    grip.setAttribute("aria-valuemax", state.data.extent.last + 1);
    grip.setAttribute("aria-valuenow", at);
    grip.setAttribute("aria-valuetext", momentWithZone(at));
  });
}

function binTip(i, x, y) {
  const bin = overview.bins[i], at = overview.from + i * overview.step;
  showTip([momentWithZone(at) + ", " + stepText(overview.step), ...OUTCOMES.map((name, n) => bin[n] ? grouped(bin[n]) + " " + name : null),
    bin.some(Boolean) ? null : "no launches"], x, y);
}

// ---- pointer ----

function xIn(event) {
  return event.clientX - $("overview-canvas").getBoundingClientRect().left;
}

function pointed(event) {
  if (overview.drag) {
    const { other, start } = overview.drag, x = xIn(event);
    if (overview.drag.moved || Math.abs(x - start) > 3) {
      overview.drag.moved = true;
      setBrush(other, timeAt(x));
    }
  } else if (overview.bins.length && event.target === $("overview-canvas")) {
    binTip(Math.max(0, Math.min(overview.bins.length - 1, Math.floor(((xIn(event) - overview.left) / overview.width) * overview.bins.length))), event.clientX, event.clientY);
  }
}

function takeHold(event, other) {
  if (!state.data.extent || event.button) return;
  event.currentTarget.setPointerCapture(event.pointerId);
  overview.drag = { other, start: xIn(event), moved: false };
  hideTip();
}

function letGo() {
  const drag = overview.drag;
  overview.drag = null;
  if (drag && drag.moved) changed();
  else if (drag && drag.clears) clearBrush();
}

// ---- keys ----

function moveGrip(event, which) {
  const [from, to] = span(), extent = state.data.extent, by = overview.step * (event.key.startsWith("Page") ? 10 : 1);
  const now = which ? to : from;
  const wanted = { ArrowLeft: now - by, ArrowDown: now - by, PageDown: now - by, ArrowRight: now + by, ArrowUp: now + by, PageUp: now + by, Home: extent.first, End: extent.last + 1 }[event.key];
  if (wanted === undefined) return;
  event.preventDefault();
  if (which) setBrush(from, Math.max(from + 1, wanted));
  else setBrush(Math.min(to - 1, wanted), to);
}

function overviewKey(event) {
  const last = overview.bins.length - 1, cursor = overview.cursor === null ? 0 : overview.cursor;
  const wanted = { ArrowLeft: overview.cursor === null ? last : cursor - 1, ArrowRight: overview.cursor === null ? 0 : cursor + 1, Home: 0, End: last, PageUp: cursor - 10, PageDown: cursor + 10 }[event.key];
  if (wanted === undefined || last < 0) return;
  event.preventDefault();
  const to = Math.max(0, Math.min(last, wanted)), edge = (i) => overview.from + i * overview.step;
  if (event.shiftKey) {
    if (overview.anchor === null || overview.anchor === undefined) overview.anchor = cursor;
    setBrush(edge(Math.min(overview.anchor, to)), edge(Math.max(overview.anchor, to) + 1));
  } else overview.anchor = null;
  overview.cursor = to;
  const box = $("overview-canvas").getBoundingClientRect();
  drawOverview();
  binTip(to, box.left + xOf(edge(to + 0.5)), box.top + 40);
}

function beginOverview() {
  const canvas = $("overview-canvas");
  canvas.addEventListener("pointerdown", (event) => {
    takeHold(event, timeAt(xIn(event)));
    if (overview.drag) overview.drag.clears = true;
  });
  ["from", "to"].forEach((id, which) => {
    $(id).addEventListener("pointerdown", (event) => takeHold(event, span()[1 - which]));
    $(id).addEventListener("keydown", (event) => moveGrip(event, which));
  });
  for (const place of [canvas, $("from"), $("to")]) {
    place.addEventListener("pointermove", pointed);
    place.addEventListener("pointerup", letGo);
    place.addEventListener("pointercancel", letGo);
  }
  canvas.addEventListener("pointerleave", hideTip);
  canvas.addEventListener("keydown", overviewKey);
  canvas.addEventListener("blur", () => {
    overview.cursor = overview.anchor = null;
    hideTip();
    drawOverview();
  });
  $("all-time").addEventListener("click", clearBrush);
  $("overview").addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(), clearBrush(); });
}
