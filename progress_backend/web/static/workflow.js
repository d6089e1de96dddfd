// What is shown of a workflow, in a row and on its page.
import { detailsOf } from "./details.js";
import { remainingText } from "./remaining.js";
import { lastLine, pageOf } from "./task.js";
import { errorOf } from "./translated.js";
import { clock, STATUSES } from "./words.js";

// Causes of failures that another failure has brought about.
export const FOLLOWED = ["upstream", "never_published"];

// The first failure that no other one has brought about.
export const firstCause = (failures = []) =>
  failures.find(({ error_cause }) => !FOLLOWED.includes(error_cause)) ?? failures[0];

const isOpen = (workflow) => workflow.end_time === null;

// A request stands until the record confirms it: all have ended, or none runs any more.
function asked({ control, end_time, status }) {
  if (!control || end_time !== null) return null;
  return control.action === "cancel" || status !== "paused" ? control.action : null;
}

function offered(workflow) {
  if (!isOpen(workflow) || workflow.status === "cancelled") return [];
  const waits = workflow.status === "paused" || asked(workflow) === "pause";
  return [waits ? "resume" : "pause", "cancel"];
}

function timeText(workflow, words) {
  const { end_time, processing_time_ms } = workflow;
  if (end_time !== null)
    return processing_time_ms == null ? "" : words.took(clock(processing_time_ms / 1000));
  const isExpected = workflow.status === "running" && workflow.estimated_completion;
  return isExpected ? remainingText(workflow, words) : "";
}

// How many tasks have each status but error, which the line below says; nothing where all of them
// have the workflow's.
function countsText({ counts, status, progress }, words) {
  if (counts[status] === progress.total) return "";
  return STATUSES.filter((one) => counts[one] && one !== "error")
    .map((one) => `${words[one]}\u00a0${words.number(counts[one])}`)
    .join(" · ");
}

function whyText(workflow, words) {
  const { counts, control, status } = workflow;
  if (counts.error) {
    const failed = words.failed(counts.error);
    const failures = workflow.failures ?? detailsOf(workflow)?.failures;
    const line = lastLine(errorOf(firstCause(failures), words));
    return line ? words.because(failed, line) : failed;
  }
  if (!control || !["paused", "cancelled"].includes(status)) return "";
  return [control.by, control.reason].filter(Boolean).join(": ");
}

// What a row shows of a workflow.
export const WORKFLOW = {
  page: ({ workflow_id }, words) => pageOf("workflow", workflow_id, words),
  data: (workflow) => ({ workflowId: workflow.workflow_id, failed: workflow.counts.error > 0 }),
  name: (workflow, words) => workflow.name || words.workflow,
  names: ({ name }, words) => [name || words.workflow, name ? words.workflow : ""],
  status: (workflow, words) =>
    words.asked[asked(workflow)] ?? words[workflow.status] ?? workflow.status,
  offered,
  rate: () => null,
  time: timeText,
  text: countsText,
  why: whyText,
};
