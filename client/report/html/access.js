// Describes access masks in words. The bits of each object type are those of winnt.h.

const STANDARD = [[0x10000, "delete", "c"], [0x20000, "read security", ""], [0x40000, "change security", "c"],
  [0x80000, "change owner", "c"], [0x100000, "wait", "s"], [0x1000000, "system security", "c"],
  [0x10000000, "all (generic)", "rwxc"], [0x20000000, "execute (generic)", "x"], [0x40000000, "write (generic)", "w"],
  [0x80000000, "read (generic)", "r"]];

// Combinations of rights that have one word.
const TOGETHER = new Map([["File", [[0x120089, "read (all of it)"], [0x120116, "write (all of it)"], [0x1200a0, "execute (all of it)"]]]]);

const SPECIFIC = new Map(Object.entries({
  File: [[1, "read", "r"], [2, "write", "w"], [4, "append", "w"], [8, "read extended attributes", ""],
    [0x10, "write extended attributes", "w"], [0x20, "execute or traverse", "x"], [0x40, "delete children", "c"],
    [0x80, "read attributes", ""], [0x100, "write attributes", "w"]],
  Section: [[1, "query", ""], [2, "map to write", "w"], [4, "map to read", "r"], [8, "map to execute", "x"],
    [0x10, "extend", "w"], [0x20, "map to execute, explicitly", "x"]],
  Event: [[1, "query", "r"], [2, "set and reset", "w"]],
  Mutant: [[1, "query", "r"]],
  Semaphore: [[1, "query", "r"], [2, "release", "w"]],
  Timer: [[1, "query", "r"], [2, "set", "w"]],
  IoCompletion: [[1, "query", "r"], [2, "post and take", "w"]],
  Process: [[1, "terminate", "c"], [2, "create threads", "c"], [8, "change memory", "c"], [0x10, "read memory", "r"],
    [0x20, "write memory", "w"], [0x40, "duplicate handles", "c"], [0x80, "create processes", "c"],
    [0x100, "set quotas", "c"], [0x200, "set information", "w"], [0x400, "query", "r"], [0x800, "suspend", "c"],
    [0x1000, "query a little", ""], [0x2000, "set a little", "w"]],
  Thread: [[1, "terminate", "c"], [2, "suspend", "c"], [4, "alert", "c"], [8, "read context", "r"], [0x10, "set context", "c"],
    [0x20, "set information", "w"], [0x40, "query", "r"], [0x80, "set token", "c"], [0x100, "impersonate", "c"],
    [0x200, "impersonate directly", "c"], [0x400, "set a little", "w"], [0x800, "query a little", ""]],
  Token: [[1, "assign to a process", "c"], [2, "duplicate", "c"], [4, "impersonate", "c"], [8, "query", "r"],
    [0x10, "query its source", "r"], [0x20, "change privileges", "w"], [0x40, "change groups", "w"],
    [0x80, "change defaults", "w"], [0x100, "change session", "w"]],
  Job: [[1, "assign processes", "c"], [2, "set limits", "w"], [4, "query", "r"], [8, "terminate", "c"],
    [0x10, "set security", "c"]],
  Key: [[1, "read values", "r"], [2, "set values", "w"], [4, "make subkeys", "w"], [8, "list subkeys", "r"],
    [0x10, "be notified", "r"], [0x20, "link", "w"]],
}));

// type comes from the data and may be any text.
function bitsOf(type) {
  return [...(SPECIFIC.get(type) || []), ...STANDARD];
}

// Masks have 32 bits, but JavaScript's bit operators treat the highest as a sign.
function hasBits(mask, bits) {
  return ((mask & bits) >>> 0) === bits >>> 0;
}

// Returns words such as "read, append, wait"; bits without a name as a number.
function accessWords(type, mask) {
  const words = [];
  let rest = mask >>> 0;
  for (const [bits, word] of TOGETHER.get(type) || [])
    if (hasBits(mask, bits)) {
      words.push(word);
      rest = (rest & ~bits) >>> 0;
    }
  for (const [bit, word] of bitsOf(type))
    if (hasBits(rest, bit)) {
      words.push(word);
      rest = (rest & ~bit) >>> 0;
    }
  if (rest) words.push(hex(rest));
  return words.length ? words.join(", ") : "nothing";
}

// Returns those of r, w, x and c that the mask grants; s if it only grants waiting.
function accessLetters(type, mask) {
  const found = new Set();
  for (const [bit, , letters] of bitsOf(type)) if (hasBits(mask, bit)) for (const letter of letters) found.add(letter);
  if (["r", "w", "x", "c"].some((letter) => found.has(letter))) found.delete("s");
  const text = [..."rwxcs"].filter((letter) => found.has(letter)).join("");
  return text || (mask ? "+" : "0");
}
