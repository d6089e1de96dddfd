// What a row and a page show of a workflow.
import { lastLine } from "./cause.js";
import { detailsOf } from "./details.js";
import { words } from "./page_words.js";
import { remainingText } from "./remaining.js";
import { byText, pageOf } from "./task.js";
import { errorOf, translated } from "./translated.js";
import { clock, STATUSES } from "./words.js";

// Values of error_cause for tasks that failed because of another task's failure.
export const FOLLOWED = ["upstream", "never_published"];

const isOpen = (workflow) => workflow.end_time === null;

// The requested act, until the record confirms it: a cancel when all tasks have ended, a pause when none runs.
function requested({ control, end_time, status }) {
  if (!control || end_time !== null) return null;
  return control.action === "cancel" || status !== "paused" ? control.action : null;
}

function offered(workflow) {
  if (!isOpen(workflow) || workflow.status === "cancelled") return [];
  const waits = workflow.status === "paused" || requested(workflow) === "pause";
  return [waits ? "resume" : "pause", "cancel"];
}

function timeText(workflow) {
  const { end_time, processing_time_ms } = workflow;
  if (end_time !== null)
    return processing_time_ms == null ? "" : words.took(clock(processing_time_ms / 1000));
  const isExpected = workflow.status === "running" && workflow.estimated_completion;
  return isExpected ? remainingText(workflow, words) : "";
}

// The number of tasks per status, except errors, which have their own line; empty if all tasks have the workflow's
// status.
function countsText({ counts, status, progress }) {
  if (counts[status] === progress.total) return "";
  return STATUSES.filter((one) => counts[one] && one !== "error")
    .map((one) => `${words[one]}\u00a0${words.number(counts[one])}`)
    .join(" · ");
}

// "9 failed: OSError · 1 never ran"; `line` says why.
export function failedText({ error, never_ran: never }, line = "") {
  const texts = [
    error > never && words.failed(error - never),
    never && words.unreached(never),
  ].filter(Boolean);
  if (line) texts[0] = words.because(texts[0], line);
  return texts.join(" · ");
}

function whyText(workflow) {
  const { counts } = workflow;
  if (counts.error) {
    const failures = workflow.failures ?? detailsOf(workflow)?.failures;
    return failedText(counts, lastLine(errorOf(failures?.[0], words)));
  }
  const code = detailsOf(workflow)?.code ?? workflow.message_code;
  if (code?.args.waiting) return translated(words.code, "", code);
  return byText(workflow);
}

// The same interface as TASK in task.js.
export const WORKFLOW = {
  page: ({ workflow_id }) => pageOf("workflow", workflow_id),
  data: (workflow) => ({ workflowId: workflow.workflow_id, failed: workflow.counts.error > 0 }),
  name: (workflow) => workflow.name || words.workflow,
  names: ({ name }) => [name || words.workflow, name ? words.workflow : ""],
  status: (workflow) =>
    words.asked[requested(workflow)] ?? words[workflow.status] ?? workflow.status,
  warnings: ({ warnings }) =>
    Object.entries(warnings ?? {}).map(([kind, n]) => [words.counted(n, words.warnings[kind]), ""]),
  offered,
  rate: () => null,
  time: timeText,
  text: countsText,
  why: whyText,
  cause: (workflow) => (workflow.counts.error ? whyText(workflow) : ""),
};
