// What is shown of a task, in a row and on its page.
import { placeText, startText } from "./expected.js";
import { moment, nowOf } from "./moment.js";
import { detailsOf } from "./details.js";
import { remainingText } from "./remaining.js";
import { errorOf, messageOf } from "./translated.js";
import { clock } from "./words.js";

const OFFERED = {
  created: ["cancel"],
  running: ["pause", "cancel"],
  paused: ["resume", "cancel"],
};
// Codes of default texts that say no more than the status, or the figures, do.
const PLAIN = ["completed", "failed", "cancelled", "progressed", "progressed_unknown_total"];
const AGO = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
];

// What a message does not have any more; it is put over what was known.
const NOTHING = {
  control: null,
  warnings: null,
  estimate: null,
  rate: null,
  estimated_details: null,
  may_come_again_until: null,
  message_code: null,
  error_code: null,
};

// A record (from the list) and a message (from the socket) name two things differently, and neither has
// what there is nothing to say of. `now` is the service's clock as a list was read.
export function normalized(task, now = null) {
  const text = task.message ?? task.current_status ?? "";
  const at = task.timestamp ?? task.updated_at;
  const behind = now ? Math.max(0, now - Date.parse(at)) : 0;
  const since = moment();
  return { ...NOTHING, ...task, path: pathOf(task), text, at, age: () => behind + since() };
}

// Where a task or a workflow is read and acted on.
export function pathOf({ workflow_id: workflow, task_id: task }) {
  return `internal/${workflow ? "workflow" : "task"}/${encodeURIComponent(workflow || task)}`;
}

// How long ago it ended, or began, or was created.
export function agoText(item, words) {
  const from = Date.parse(item.end_time ?? item.start_time ?? item.created_at);
  const seconds = (nowOf(item) - from) / 1000;
  const [size, unit] = AGO.find(([size]) => seconds >= size) ?? [];
  return size ? words.ago(Math.floor(seconds / size), words.units[unit]) : words.justNow;
}

function timeText(task, words) {
  if (task.status === "running" && task.estimated_completion && task.at)
    return remainingText(task, words);
  if (task.status === "created") return startText(task, detailsOf(task)?.start, words);
  return task.end_time && task.processing_time_ms != null
    ? words.took(clock(task.processing_time_ms / 1000))
    : "";
}

function rateText(task, words) {
  const given = task.processing_details?.processing_rate;
  if (given && !task.estimated_details?.includes("processing_rate")) return String(given);
  return task.rate == null || task.status !== "running"
    ? ""
    : words.rateOf(words.number(roughly(task.rate)));
}

// Three digits are enough to read.
function roughly(rate) {
  return rate >= 100 ? Math.round(rate) : Number(rate.toPrecision(3));
}

// Why it does not go on: its error, who stopped it and the reason that was given, or who is before it.
function whyText(task, words) {
  const { status, control } = task;
  const place = placeText(detailsOf(task)?.ahead, words);
  if (place) return place;
  if (status === "error") return errorOf(task, words);
  if (!control || !["paused", "cancelled"].includes(status)) return "";
  return [control.by, control.reason].filter(Boolean).join(": ");
}

// Its status; while its run has not acknowledged a pause or a cancel yet, that it is asked.
function statusText({ status, control }, words) {
  return (
    (control?.acknowledged_at === null && words.asked[control.action]) || (words[status] ?? status)
  );
}

// What is out of the ordinary of it, and since when.
function warningsOf({ warnings }, words) {
  return Object.entries(warnings ?? {})
    .filter(([kind, since]) => since && words.warnings[kind])
    .map(([kind, since]) => [words.warnings[kind], words.since(since)]);
}

// The address of the page of one record.
export function pageOf(kind, id, words) {
  return `${document.body.dataset.base ?? ""}${kind}/${encodeURIComponent(id)}?lang=${words.code}`;
}

export const TASK = {
  page: ({ task_id }, words) => pageOf("task", task_id, words),
  data: (task) => ({ taskId: task.task_id, final: task.final }),
  name: ({ task_type, symbol }) => [task_type, symbol].filter(Boolean).join(" "),
  // What tells rows apart, and what it is one of.
  names: ({ task_type, symbol }) => (symbol ? [symbol, task_type] : [task_type, ""]),
  filters: ({ task_type, symbol, owner }) => ({ task_type, symbol, owner }),
  status: statusText,
  warnings: warningsOf,
  offered: (task) => OFFERED[task.status] ?? [],
  rate: rateText,
  time: timeText,
  text: (task, words) => (PLAIN.includes(task.message_code?.code) ? "" : messageOf(task, words)),
  why: whyText,
  cause: (task, words) => (task.status === "error" ? lastLine(whyText(task, words)) : ""),
};

// What a traceback comes to.
export function lastLine(text) {
  return text.trimEnd().split("\n").at(-1);
}
