// Makes elements. Text is only ever inserted as text.

const $ = (id) => document.getElementById(id);

// element("button", { class: "x", text: "...", on: { click } }, child...)
function element(tag, given, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") made.textContent = value;
    else if (name === "on") for (const [event, run] of Object.entries(value)) made.addEventListener(event, run);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function pairs(list) {
  const made = element("dl", { class: "pairs" });
  for (const [name, value, given] of list) {
    if (value === null || value === undefined) continue;
    made.append(element("dt", { text: name }), typeof value === "string" ? element("dd", { text: value, ...given }) : element("dd", given, value));
  }
  return made;
}

// ---- the tooltip ----

function showTip(lines, x, y) {
  const tip = $("tip");
  tip.replaceChildren(...lines.filter(Boolean).map((line, i) => element(i ? "span" : "b", { text: line })));
  tip.hidden = false;
  const width = tip.offsetWidth, height = tip.offsetHeight;
  const left = x + 14 + width > window.innerWidth - 8 ? x - width - 14 : x + 14;
  tip.style.left = Math.max(8, left) + "px";
  tip.style.top = Math.max(8, y + 18 + height > window.innerHeight - 8 ? y - height - 12 : y + 18) + "px";
}

function hideTip() {
  $("tip").hidden = true;
}

// Runs at most once per frame.
function soon(run) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      run();
    });
  };
}
