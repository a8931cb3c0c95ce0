// Makes text safe to show, by spawnctl's rule, whose character ranges come with the data.

let deceptive = null;

function setDeceptive(ranges) {
  const point = (n) => "\\u{" + Math.min(n, 0x10ffff).toString(16) + "}";
  deceptive = new RegExp("[" + ranges.map(([first, last]) => point(first) + "-" + point(last)).join("") + "]", "gu");
}

function escapePoint(character) {
  const point = character.codePointAt(0);
  return point < 0x100 ? "\\x" + point.toString(16).padStart(2, "0") : "\\u" + point.toString(16).padStart(4, "0");
}

// Escapes control characters and marks that reverse or hide text as \xNN or \uNNNN.
function shown(text) {
  return text === null || text === undefined ? "-" : text.replace(deceptive, escapePoint);
}

function baseName(path) {
  return path === null ? null : path.slice(Math.max(path.lastIndexOf("\\"), path.lastIndexOf("/")) + 1);
}

function hex(number) {
  return "0x" + number.toString(16);
}

function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

function plural(number, word) {
  return grouped(number) + " " + word + (number === 1 ? "" : /(s|sh|ch)$/.test(word) ? "es" : "s");
}

// What well-known exit codes mean, as spawnctl has it.
let exitMeanings = new Map();

function setExitCodes(pairs) {
  exitMeanings = new Map(pairs);
}

function exitMeaning(code) {
  return exitMeanings.has(code) ? ": " + exitMeanings.get(code) : "";
}

function exitText(code) {
  return code > 0x7fffffff ? "0x" + code.toString(16).toUpperCase() : String(code);
}

// Describes the outcome as spawnctl audit list does.
function outcomeText(launch) {
  if (launch.exit_code !== null) return "exited with " + exitText(launch.exit_code) + exitMeaning(launch.exit_code);
  if (launch.exited_at !== null) return "exited, code unknown";
  if (launch.error_code === null) return launch.outcome;
  return launch.outcome + " at " + (launch.stage || "?") + ": error " + launch.error_code + ", " + shown(launch.error_message || "");
}

// Names an integrity level (SECURITY_MANDATORY_..._RID).
function integrityText(level) {
  const names = [[0x4000, "system"], [0x3000, "high"], [0x2000, "medium"], [0x1000, "low"], [0, "untrusted"]];
  return names.find(([from]) => level >= from)[1] + " integrity";
}

// Names the program for people.
function programName(launch) {
  return baseName(launch.application) || "(no program)";
}
