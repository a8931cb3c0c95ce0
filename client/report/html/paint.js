// Paints outcomes. Colours come from the style sheet; patterns and shapes differ, too.

let theme = null;

function themeNow() {
  if (theme) return theme;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue("--" + name).trim();
  theme = { text: colour("text"), soft: colour("soft"), line: colour("line"), panel: colour("panel"), accent: colour("accent"), shade: colour("shade"), stripe: colour("stripe"), fill: {}, colour: {} };
  for (const outcome of OUTCOMES) {
    theme.colour[outcome] = colour(outcome);
    theme.fill[outcome] = patternOf(outcome, theme.colour[outcome], theme.panel);
  }
  return theme;
}

function forgetTheme() {
  theme = null;
}

// Denied is hatched, failed dotted, interrupted striped, pending hollow.
function patternOf(outcome, colour, ground) {
  if (outcome === "started") return colour;
  const tile = element("canvas", { width: 8, height: 8 }), draw = tile.getContext("2d");
  draw.fillStyle = outcome === "pending" ? ground : colour;
  draw.fillRect(0, 0, 8, 8);
  draw.strokeStyle = draw.fillStyle = outcome === "pending" ? colour : ground;
  draw.lineWidth = 1.5;
  draw.beginPath();
  if (outcome === "denied") for (const x of [-8, 0, 8]) draw.moveTo(x, 8), draw.lineTo(x + 8, 0);
  else if (outcome === "interrupted") for (const x of [2, 6]) draw.moveTo(x, 0), draw.lineTo(x, 8);
  else if (outcome === "pending") draw.moveTo(0, 4), draw.lineTo(8, 4);
  else draw.arc(4, 4, 1.4, 0, 7);
  if (outcome === "failed") draw.fill();
  else draw.stroke();
  return draw.createPattern(tile, "repeat");
}

// Returns the context of a canvas, cleared and resized, in CSS pixels.
function canvasOf(canvas, width, height) {
  const scale = Math.min(window.devicePixelRatio || 1, 2), draw = canvas.getContext("2d");
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
  }
  draw.setTransform(scale, 0, 0, scale, 0, 0);
  draw.clearRect(0, 0, width, height);
  draw.font = "11px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
  draw.textBaseline = "middle";
  return draw;
}

// Draws the mark of a launch that did not start: a cross in a box, a triangle, a diamond or a ring.
function drawMark(draw, outcome, x, y) {
  const r = 4.5, colours = themeNow();
  draw.fillStyle = draw.strokeStyle = colours.colour[outcome];
  draw.lineWidth = 1.5;
  draw.beginPath();
  if (outcome === "denied") {
    draw.fillRect(x - r, y - r, 2 * r, 2 * r);
    draw.strokeStyle = colours.panel;
    draw.moveTo(x - 2, y - 2), draw.lineTo(x + 2, y + 2), draw.moveTo(x + 2, y - 2), draw.lineTo(x - 2, y + 2);
    draw.stroke();
  } else if (outcome === "failed") {
    draw.moveTo(x, y - r), draw.lineTo(x + r, y + r), draw.lineTo(x - r, y + r), draw.fill();
  } else if (outcome === "interrupted") {
    draw.moveTo(x, y - r), draw.lineTo(x + r, y), draw.lineTo(x, y + r), draw.lineTo(x - r, y), draw.fill();
  } else {
    draw.arc(x, y, r - 1, 0, 7), draw.stroke();
  }
}

function drawTicks(draw, from, to, left, width, top, bottom) {
  const colours = themeNow(), room = Math.max(2, Math.floor(width / 96));
  draw.textAlign = "center";
  draw.lineWidth = 1;
  let free = -Infinity;
  for (const tick of ticksFor(from, to, room)) {
    const x = Math.round(left + ((tick.at - from) / (to - from)) * width) + 0.5, half = draw.measureText(tick.text).width / 2;
    draw.strokeStyle = colours.line;
    draw.beginPath(), draw.moveTo(x, top), draw.lineTo(x, bottom), draw.stroke();
    if (x - half < Math.max(left - 20, free) || x + half > left + width + 20) continue;
    draw.fillStyle = colours.soft;
    draw.fillText(tick.text, x, bottom + 10);
    free = x + half + 8;
  }
}

// Returns the same mark as an element, for the legend and the table.
function markElement(outcome) {
  const canvas = element("canvas", { class: "mark", "aria-hidden": "true" });
  const draw = canvasOf(canvas, 12, 12);
  if (outcome === "started") {
    draw.fillStyle = themeNow().colour.started;
    draw.fillRect(1, 3, 10, 6);
  } else {
    drawMark(draw, outcome, 6, 6);
  }
  return canvas;
}
