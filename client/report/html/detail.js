// Shows everything about the chosen launch.

function outcomeElement(outcome) {
  return element("span", { class: "outcome " + outcome }, markElement(outcome), element("span", { text: outcome }));
}

// Lists when each step happened, and how long after the one before.
function stepsOf(launch) {
  const steps = [["caller created", launch.caller_started_at], ["requested", launch.requested_at], ["child created", launch.child_created_at],
    ["child resumed", launch.started_at], ["child exited", launch.exited_at]].filter(([, at]) => at !== null);
  const made = element("ol", { class: "steps" });
  steps.forEach(([name, at], i) => made.append(element("li", null, element("b", { text: name }), element("time", { text: i && moment(at).slice(0, 10) === moment(steps[i - 1][1]).slice(0, 10) ? moment(at, 6).slice(11) : moment(at, 6) }),
    element("span", { text: i ? (at >= steps[i - 1][1] ? "+" + durationText(at - steps[i - 1][1]) : "earlier") : "" }))));
  return made;
}

function handlesTable(launch) {
  if (!launch.handles.length) return element("p", { class: "empty", text: "No handles were passed" });
  const head = element("tr", null, ...["Name", "Type", "Access", "Caller's", "Child's"].map((text) => element("th", { scope: "col", text })));
  const rows = launch.handles.map((handle) => element("tr", null,
    element("th", { scope: "row", text: shown(handle.name) + (handle.fd ? " (descriptor " + handle.fd + ")" : "") }),
    element("td", { text: shown(handle.type) }),
    element("td", null, element("span", { text: accessWords(handle.type, handle.granted_access) }), element("code", { text: hex(handle.granted_access) })),
    element("td", null, element("code", { text: hex(handle.caller_value) })),
    element("td", null, element("code", { text: hex(handle.child_value) }))));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Handles" }, element("table", { class: "given" }, element("thead", null, head), element("tbody", null, ...rows)));
}

function environmentOf(launch) {
  const names = launch.environment_names ? launch.environment_names.split("\n").filter(Boolean) : [];
  if (!names.length && !launch.environment_hash) return null;
  return element("details", null, element("summary", { text: plural(names.length, "variable") }),
    element("p", { class: "code", text: names.map(shown).join("  ") }),
    launch.environment_hash ? element("p", { class: "code", text: launch.environment_hash }) : null);
}

// Lists what the processes of the child's job used, or null if that is not known.
function usedBy(launch) {
  const count = (value) => value === null ? null : value.toLocaleString("en"), time = (us) => us === null ? null : durationText(us);
  const used = [["user time", time(launch.user_us)], ["kernel time", time(launch.kernel_us)], ["peak memory, bytes", count(launch.peak_memory_bytes)],
    ["bytes read", count(launch.read_bytes)], ["bytes written", count(launch.written_bytes)], ["processes", count(launch.processes)]];
  return used.some(([, value]) => value !== null) ? pairs(used) : null;
}

function part(title, content) {
  return content ? [element("h3", { text: title }), content] : [];
}

function detailOf(launch) {
  const code = { class: "code" }, took = launch.total_us === null ? null : durationText(launch.total_us) + (launch.create_us === null ? "" : " (Windows: " + durationText(launch.create_us) + ")");
  return [
    element("p", { class: "headline" }, outcomeElement(launch.outcome), element("b", { text: shown(programName(launch)) })),
    element("p", { class: "code command", text: shown(launch.command_line), "aria-label": "Command line" }),
    ...part("Outcome", pairs([
      ["error", launch.error_code === null ? null : String(launch.error_code) + " at " + shown(launch.stage)],
      ["message", launch.error_message === null ? null : shown(launch.error_message)],
      ["rule", launch.rule === null ? "no rule was evaluated" : shown(launch.rule), code],
      ["attested", launch.attested === null ? "not checked" : launch.attested ? "the child had exactly these handles" : "the child had OTHER handles"],
      ["exit code", launch.exit_code === null ? (launch.started_at === null ? null : launch.exited_at === null ? "no exit is recorded" : "unknown: no broker saw the exit") : launch.exit_code + " (" + hex(launch.exit_code) + ")" + exitMeaning(launch.exit_code), code],
      ["ran", launch.exited_at === null || launch.started_at === null ? null : durationText(launch.exited_at - launch.started_at)],
      ["took", took]])),
    ...part("Used by the child and its descendants", usedBy(launch)),
    ...part("Caller", pairs([
      ["caller", shown(launch.caller_image), code],
      ["process", launch.caller_pid + ", session " + launch.caller_session],
      ["user", shown(launch.caller_user)],
      ["SID", shown(launch.caller_sid), code],
      ["rights", launch.caller_integrity === null ? null : integrityText(launch.caller_integrity) + (launch.caller_elevated ? ", elevated" : ", not elevated")],
      ["services", launch.caller_services === null ? null : shown(launch.caller_services), code],
      ["label", launch.label === null ? null : shown(launch.label)],
      ["key", launch.launch_key === null ? null : shown(launch.launch_key), code]])),
    ...part("Handles", handlesTable(launch)),
    ...part("Steps", stepsOf(launch)),
    ...part("Child", pairs([
      ["program", shown(launch.application), code],
      ["directory", shown(launch.directory), code],
      ["process", launch.child_pid === null ? "no process was created" : String(launch.child_pid)],
      ["lifetime", launch.lifetime],
      ["flags", hex(launch.creation_flags), code],
      ["launch", launch.launch_id, code],
      ["record", "seq " + launch.seq]])),
    ...part("Environment", environmentOf(launch))];
}

function drawDetail() {
  const launch = state.chosen;
  $("detail-title").textContent = launch ? "Launch #" + launch.seq : "Launch";
  $("close").hidden = !launch;
  if (launch) $("detail-body").replaceChildren(...detailOf(launch));
  else $("detail-body").replaceChildren(element("p", { class: "empty", text: "Choose a launch in the lanes, the matrix or the table to see its caller, its handles and its outcome." }));
}

// Scrolls to the details where they are not beside the other parts.
function showDetail() {
  if (window.innerWidth < 1000) $("detail").scrollIntoView({ block: "start" });
}

function beginDetail() {
  $("close").addEventListener("click", () => {
    choose(null);
    $("rows").scrollIntoView({ block: "nearest" });
  });
}
