// Formats times and durations, which are numbers of microseconds since 1970 and exact below 2^53.

const clock = { utc: false };

const two = (n) => String(n).padStart(2, "0");

function partsOf(us) {
  const date = new Date(Math.floor(us / 1000));
  if (Number.isNaN(date.getTime())) return null;
  return clock.utc
    ? { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), hour: date.getUTCHours(), minute: date.getUTCMinutes(), second: date.getUTCSeconds(), offset: 0 }
    : { year: date.getFullYear(), month: date.getMonth() + 1, day: date.getDate(), hour: date.getHours(), minute: date.getMinutes(), second: date.getSeconds(), offset: -date.getTimezoneOffset() };
}

const fraction = (us) => String(((us % 1e6) + 1e6) % 1e6).padStart(6, "0");

function dateText(p) {
  return p.year + "-" + two(p.month) + "-" + two(p.day);
}

function zoneText(minutes) {
  const ahead = Math.abs(minutes);
  return minutes === 0 ? "Z" : (minutes < 0 ? "-" : "+") + two(Math.floor(ahead / 60)) + ":" + two(ahead % 60);
}

// Returns 2026-01-31 23:59:59, with fractional digits on request.
function moment(us, digits) {
  const p = us === null ? null : partsOf(us);
  if (!p) return "-";
  const rest = digits ? "." + fraction(us).slice(0, digits) : "";
  return dateText(p) + " " + two(p.hour) + ":" + two(p.minute) + ":" + two(p.second) + rest;
}

function momentWithZone(us, digits) {
  const p = us === null ? null : partsOf(us);
  return p ? moment(us, digits) + (p.offset ? " " : "") + zoneText(p.offset) : "-";
}

// Formats a time as the CSV has it: UTC, RFC 3339.
function rfc3339(us) {
  const date = new Date(Math.floor(us / 1e6) * 1000);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 0 || date.getUTCFullYear() > 9999) return "-";
  return date.toISOString().slice(0, 19) + "." + fraction(us) + "Z";
}

// Formats a duration as spawnctl does.
function durationText(us) {
  const seconds = Math.floor(us / 1e6), minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
  if (us < 1000) return us + " \u00b5s";
  if (us < 1e6) return (us / 1e3).toFixed(1) + " ms";
  if (us < 120e6) return (us / 1e6).toFixed(2) + " s";
  if (us < 7200e6) return minutes + " min " + (seconds % 60) + " s";
  if (us < 172800e6) return hours + " h " + (minutes % 60) + " min";
  return Math.floor(hours / 24) + " d " + (hours % 24) + " h";
}

// Formats a time step: "5 s", "15 min".
function stepText(us) {
  for (const [unit, name] of [[86400e6, "d"], [3600e6, "h"], [60e6, "min"], [1e6, "s"]]) if (us >= unit) return us / unit + " " + name;
  return us / 1000 + " ms";
}

// Time steps in seconds. From 1 on each is a multiple of the one before, like the steps of the counted launches.
const STEPS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 10800, 21600, 43200, 86400, 604800,
  2419200, 9676800, 38707200, 154828800];

function stepFor(us, most) {
  return (STEPS.find((step) => us / (step * 1e6) <= most) || STEPS[STEPS.length - 1]) * 1e6;
}

const TICKS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
  7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2419200, 7776000, 31536000, 157680000];

// Returns where an axis has ticks, and their labels; the first tick of a day shows its date.
function ticksFor(from, to, most) {
  const step = (TICKS.find((tick) => (to - from) / (tick * 1e6) <= most) || TICKS[TICKS.length - 1]) * 1e6;
  const p = partsOf(from), shift = step >= 3.6e9 && p ? p.offset * 60e6 : 0, ticks = [];
  let day = "";
  for (let at = Math.ceil((from + shift) / step) * step - shift; at <= to && ticks.length < 100; at += step) {
    const mark = partsOf(at);
    if (!mark) continue;
    const date = dateText(mark), time = two(mark.hour) + ":" + two(mark.minute);
    const fine = step < 1e6 ? ":" + two(mark.second) + "." + fraction(at).slice(0, 3) : step < 60e6 ? ":" + two(mark.second) : "";
    ticks.push({ at, text: step >= 86400e6 ? date : date !== day && ticks.length ? date.slice(5) + " " + time + fine : time + fine });
    day = date;
  }
  return ticks;
}
