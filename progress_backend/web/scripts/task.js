// What a row and a page show of a task.
import { placeText, startText } from "./expected.js";
import { moment, nowOf } from "./moment.js";
import { lastLine } from "./cause.js";
import { joined, words } from "./page_words.js";
import { remainingText } from "./remaining.js";
import { errorOf, here, messageOf } from "./translated.js";
import { COMPUTED } from "./texts.js";
import { stillRuns } from "./unsettled.js";
import { clock } from "./words.js";

const OFFERED = {
  created: ["cancel"],
  running: ["pause", "cancel"],
  paused: ["resume", "cancel"],
};
// Codes of default texts that only repeat the status or the figures.
const PLAIN = ["completed", "failed", "cancelled", "progressed", "progressed_unknown_total"];
const FIRST_MS = 10_000; // of a run: it may have no rate yet
const AGO = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
];

// A message omits empty fields: these values overwrite the older ones that it is merged into.
const NOTHING = {
  control: null,
  warnings: null,
  estimate: null,
  rate: null,
  links: null,
  may_come_again_until: null,
  message_code: null,
  error_code: null,
};

// A record (from the list) and a message (from the WebSocket) have different names for two fields, and both omit empty
// fields. `now` is the API's clock at the read.
export function normalized(task, now = null) {
  const text = task.message ?? task.current_status ?? "";
  const at = task.timestamp ?? task.updated_at;
  const behind = now ? Math.max(0, now - Date.parse(at)) : 0;
  const since = moment();
  return { ...NOTHING, ...task, path: pathOf(task), text, at, age: () => behind + since() };
}

// The API's path of a task or workflow.
export function pathOf({ workflow_id: workflow, task_id: task }) {
  return `internal/${workflow ? "workflow" : "task"}/${encodeURIComponent(workflow || task)}`;
}

// 130 -> "2 min", 5400 -> "90 min".
export function aboutText(seconds) {
  const [size, unit] = AGO.find(([size]) => seconds >= 2 * size) ?? [1, "s"];
  return `${Math.max(0, Math.floor(seconds / size))} ${words.units[unit]}`;
}

// For how long there was no value, and where the job is, as far as known (`at`); or how late it is.
export function wrongText(task, at = "") {
  const { stalled, late } = task.warnings ?? {};
  const text = (since) => aboutText((nowOf(task) - Date.parse(since)) / 1000);
  if (stalled) return words.noValue(text(stalled), at);
  return late ? words.lateBy(text(late)) : "";
}

// How long ago it ended, else started, else was created, and that moment: ["started 1 min ago", "2026-01-15T…"].
export function agoOf(item) {
  const ended = stillRuns(item) ? null : item.end_time;
  const what = ended ? "ended" : item.start_time ? "started" : "created";
  const at = ended ?? item.start_time ?? item.created_at;
  const seconds = (nowOf(item) - Date.parse(at)) / 1000;
  const [size, unit] = AGO.find(([size]) => seconds >= size) ?? [];
  const ago = size ? words.ago(Math.floor(seconds / size), words.units[unit]) : words.justNow;
  return [words.when[what](ago), at];
}

function timeText(task) {
  if (task.warnings?.stalled) return wrongText(task);
  if (task.status === "running") {
    if (task.estimated_completion) return remainingText(task, words);
    return nowOf(task) - Date.parse(task.start_time) > FIRST_MS ? words.noEstimate : "";
  }
  if (task.status === "created") return startText(task, task.start_estimate);
  return task.end_time && task.processing_time_ms != null && !stillRuns(task)
    ? words.took(clock(task.processing_time_ms / 1000))
    : "";
}

// The details that the job has recorded: until a task ends, its rate and remaining time stand there as text, too.
export function givenDetails({ status, rate, processing_details }) {
  const details = Object.entries(processing_details ?? {});
  const open = rate != null && status in OFFERED;
  return Object.fromEntries(
    details.filter(([name, value]) => !open || !COMPUTED[name]?.test(value)),
  );
}

function rateText(task) {
  if (task.warnings?.stalled) return "";
  const given = givenDetails(task).processing_rate;
  if (given) return String(given);
  return task.rate == null || task.status !== "running"
    ? ""
    : words.rateOf(words.number(roughly(task.rate)));
}

// Three significant digits.
function roughly(rate) {
  return rate >= 100 ? Math.round(rate) : Number(rate.toPrecision(3));
}

// "Cancelled by desk, 06:06: closed".
export function byText({ status, control }) {
  const write = words.by[status];
  if (!control || !write) return "";
  const who = control.by && write(control.by, here(control.at).slice(11, 16));
  return joined(": ", who, control.reason);
}

// Why a task does not run: its place in the queue, its error, or who paused or cancelled it and the reason; or that it
// still runs.
function whyText(task) {
  const { status } = task;
  const where = stillRuns(task) && words.stillRuns(task.worker);
  const who = byText(task);
  if (where) return joined(" · ", where, who);
  const place = task.status === "created" && placeText(task.ahead);
  if (place) return place;
  if (status === "error") return errorOf(task, words);
  return who;
}

// The status, or a requested pause or cancel until the run acknowledges it.
function statusText({ status, control }) {
  return (
    (control?.acknowledged_at === null && words.asked[control.action]) || (words[status] ?? status)
  );
}

// The warnings as [text, since].
function warningsOf({ warnings }) {
  return Object.entries(warnings ?? {})
    .filter(([kind, since]) => since && words.warnings[kind])
    .map(([kind, since]) => [words.warnings[kind], words.since(since)]);
}

// The URL of a record's page.
export function pageOf(kind, id) {
  return `${document.body.dataset.base ?? ""}${kind}/${encodeURIComponent(id)}?lang=${words.code}`;
}

export const TASK = {
  page: ({ task_id }) => pageOf("task", task_id),
  data: (task) => ({ taskId: task.task_id, type: task.task_type, final: task.final }),
  name: ({ task_type, symbol }) => joined(" ", task_type, symbol),
  // The main name and the secondary one.
  names: ({ task_type, symbol }) => (symbol ? [symbol, task_type] : [task_type, ""]),
  filters: ({ task_type, symbol, owner }) => ({ task_type, symbol, owner }),
  status: statusText,
  warnings: warningsOf,
  offered: (task) => OFFERED[task.status] ?? [],
  rate: rateText,
  time: timeText,
  text: (task) => (PLAIN.includes(task.message_code?.code) ? "" : messageOf(task, words)),
  why: whyText,
  cause: (task) => (task.status === "error" ? lastLine(whyText(task)) : ""),
};
