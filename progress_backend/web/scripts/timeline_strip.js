// A task's timeline as one strip of parts: its waits, runs and pauses, from its creation to its end,
// over an axis with both times.
import { element, redraw } from "./dom.js";
import { nowOf } from "./moment.js";
import { joined, words } from "./page_words.js";
import { absolute } from "./record_parts.js";
import { stillRuns } from "./unsettled.js";
import { clock } from "./words.js";

const ASKS = ["pause", "acknowledged", "resumed", "cancel", "end", "ended"];
// Between two ticks: from a second to a thousand days.
const STEPS_S = [
  1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 259_200, 604_800,
  86_400_000,
];
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

// The times at the two ends (with the date, if that is not the same), and up to five round ones between them.
function axisOf(start, end, now) {
  const [from, to] = [absolute(start), end ? absolute(end) : ""];
  const [first, span] = [Date.parse(start), now - Date.parse(start)];
  const oneDay = !to || from.slice(0, 10) === to.slice(0, 10);
  const ends = [from, to].map((at) =>
    element("span", "", at ? at.slice(oneDay ? 11 : 0, 19) : words.now),
  );
  const step = 1_000 * STEPS_S.find((one) => span <= 5_000 * one);
  const zone = new Date(start).getTimezoneOffset() * 60_000;
  const ticks = [];
  for (let at = Math.ceil((first - zone) / step) * step + zone; at < now; at += step) {
    const share = (at - first) / span;
    const text = absolute(new Date(at).toISOString()).slice(...textAt(step));
    const tick = element("small", "", share > 0.25 && share < 0.75 ? text : "");
    tick.style.left = `${share * 100}%`;
    ticks.push(tick);
  }
  return [...ends, ...ticks];
}

// The part of a time that a tick shows: the date, hours and minutes, or also seconds.
const textAt = (step) => (step >= 86_400_000 ? [5, 10] : step >= 60_000 ? [11, 16] : [11, 19]);

export function makeLane() {
  const made = element("div", { className: "lane", role: "img" });

  function show(task, { entries }) {
    const end = task.final && !stillRuns(task) && task.end_time; // a message has none
    const now = end ? Date.parse(end) : nowOf(task);
    const parts = partsOf(entries, Date.parse(task.created_at), now);
    const sums = { wait: 0, run: 0, paused: 0 };
    for (const { kind, from, to } of parts) sums[kind] += to - from;
    const reasons = joined(words.comma, ...new Set(parts.map((part) => part.why)));
    const named = (kind, ms, why) => joined(": ", words.lane[kind](clock(ms / 1000)), why);
    const texts = Object.entries(sums)
      .filter(([, ms]) => ms > 0)
      .map(([kind, ms]) => named(kind, ms, kind === "paused" && reasons));
    const label = joined(words.comma, ...texts, task.attempt > 1 && words.attempts(task.attempt));
    made.ariaLabel = label;
    redraw(made, [label, task.final], () => [
      ...parts.map(({ kind, from, to, why }, place) => {
        const last = place === parts.length - 1 && kind === "run";
        const part = element("i", last ? task.status : kind);
        part.style.flexGrow = to - from;
        part.title = named(kind, to - from, why);
        return part;
      }),
      element("span", "axis", ...axisOf(task.created_at, end, now)),
    ]);
  }

  return { element: made, show };
}
