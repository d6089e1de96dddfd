// A task's timeline as one strip of parts: its waits, runs and pauses, from its creation to its end,
// over an axis with both times.
import { element } from "./dom.js";
import { nowOf } from "./moment.js";
import { absolute } from "./record_parts.js";
import { stillRuns } from "./unsettled.js";
import { clock } from "./words.js";

const ASKS = ["pause", "acknowledged", "resumed", "cancel", "end", "ended"];
const WAITS = ["retried", "requeued", "redelivered", "ended"];

// The parts from the task's creation to `until`: {kind, attempt, from, to, why}, in milliseconds. `why` is the reason of a pause.
export function partsOf(entries, created, until) {
  const parts = [];
  let kind = "wait";
  let attempt = 0;
  let from = created;
  let why = "";
  let pausing = false; // a pause is requested, and not acknowledged yet

  function begin(next, to) {
    if (to > from) parts.push({ kind, attempt, from, to, why: kind === "paused" ? why : "" });
    [kind, from] = [next, Math.max(from, to)];
  }

  for (const { event, time, attempt: number, text } of entries) {
    const at = Date.parse(time);
    if (event === "started" || event === "returned") {
      begin("run", at);
      attempt = number ?? attempt;
    } else if (WAITS.includes(event)) begin("wait", at);
    else if (event === "acknowledged" && pausing) begin("paused", at);
    else if (event === "resumed" && kind === "paused") begin("run", at);
    if (event === "pause") why = text ?? "";
    if (ASKS.includes(event)) pausing = event === "pause";
  }
  begin("", until);
  return parts;
}

// The times at the two ends; with the date, if that is not the same.
function axisOf(start, end, words) {
  const [from, to] = [absolute(start), end ? absolute(end) : ""];
  const oneDay = !to || from.slice(0, 10) === to.slice(0, 10);
  return [from, to].map((at) =>
    element("span", "", at ? at.slice(oneDay ? 11 : 0, 19) : words.now),
  );
}

export function makeLane() {
  const made = element("div", "lane");
  let shown = "";
  made.setAttribute("role", "img");

  function show(task, { entries }, words) {
    const now = task.final && !stillRuns(task) ? Date.parse(task.end_time) : nowOf(task);
    const parts = partsOf(entries, Date.parse(task.created_at), now);
    const sums = { wait: 0, run: 0, paused: 0 };
    for (const { kind, from, to } of parts) sums[kind] += to - from;
    const reason = parts.findLast((part) => part.why)?.why;
    const named = (kind, ms, why) =>
      [words.lane[kind](clock(ms / 1000)), why].filter(Boolean).join(": ");
    const texts = Object.entries(sums)
      .filter(([, ms]) => ms > 0)
      .map(([kind, ms]) => named(kind, ms, kind === "paused" && reason));
    const label = [...texts, task.attempt > 1 && words.attempts(task.attempt)]
      .filter(Boolean)
      .join(words.comma);
    const drawn = `${words.code} ${label} ${task.final}`;
    if (drawn === shown) return;
    shown = drawn;
    made.setAttribute("aria-label", label);
    made.replaceChildren(
      ...parts.map(({ kind, from, to, why }, place) => {
        const last = place === parts.length - 1 && kind === "run";
        const part = element("i", last ? task.status : kind);
        part.style.flexGrow = to - from;
        part.title = named(kind, to - from, why);
        return part;
      }),
      element("span", "axis", ...axisOf(task.created_at, task.final && task.end_time, words)),
    );
  }

  return { element: made, show };
}
