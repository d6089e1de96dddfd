// A task's timeline as one strip of parts: its waits, runs and pauses, from its creation to its end.
import { element } from "./dom.js";
import { nowOf } from "./moment.js";
import { stillRuns } from "./unsettled.js";
import { clock } from "./words.js";

const ASKS = ["pause", "acknowledged", "resumed", "cancel", "end", "ended"];
const WAITS = ["retried", "requeued", "redelivered", "ended"];

// The parts from the task's creation to `until`: {kind, attempt, from, to}, in milliseconds.
export function partsOf(entries, created, until) {
  const parts = [];
  let kind = "wait";
  let attempt = 0;
  let from = created;
  let pausing = false; // a pause is requested, and not acknowledged yet

  function begin(next, to) {
    if (to > from) parts.push({ kind, attempt, from, to });
    [kind, from] = [next, Math.max(from, to)];
  }

  for (const { event, time, attempt: number } of entries) {
    const at = Date.parse(time);
    if (event === "started" || event === "returned") {
      begin("run", at);
      attempt = number ?? attempt;
    } else if (WAITS.includes(event)) begin("wait", at);
    else if (event === "acknowledged" && pausing) begin("paused", at);
    else if (event === "resumed" && kind === "paused") begin("run", at);
    if (ASKS.includes(event)) pausing = event === "pause";
  }
  begin("", until);
  return parts;
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
    const texts = Object.entries(sums)
      .filter(([, ms]) => ms > 0)
      .map(([kind, ms]) => words.lane[kind](clock(ms / 1000)));
    const label = [...texts, task.attempt > 1 && words.attempts(task.attempt)]
      .filter(Boolean)
      .join(words.comma);
    if (label === shown) return;
    shown = label;
    made.setAttribute("aria-label", label);
    made.replaceChildren(
      ...parts.map(({ kind, from, to }, place) => {
        const last = place === parts.length - 1 && kind === "run";
        const part = element("i", last ? task.status : kind);
        part.style.flexGrow = to - from;
        part.title = words.lane[kind](clock((to - from) / 1000));
        return part;
      }),
    );
  }

  return { element: made, show };
}
