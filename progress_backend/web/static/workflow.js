// One workflow as a row that opens: then its tasks stand below it, a page at a time, those that
// failed first.
import { makeChips } from "./chips.js";
import { answered } from "./live.js";
import { remainingText } from "./remaining.js";
import { button, element } from "./dom.js";
import { makeRow } from "./row.js";
import { lastLine, pageOf } from "./task.js";
import { makePages, makeRows, makeTasks } from "./rows.js";
import { errorOf } from "./translated.js";
import { clock, STATUSES } from "./words.js";

const LIMIT = 10;
// Causes of failures that another failure has brought about.
const FOLLOWED = ["upstream", "never_published"];

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
  const { end_time, processing_time_ms, created_at, now } = workflow;
  if (end_time !== null)
    return processing_time_ms == null ? "" : words.took(clock(processing_time_ms / 1000));
  const at = workflow.updated_at;
  const left =
    workflow.status === "running" &&
    workflow.estimated_completion &&
    remainingText({ ...workflow, at, age: () => now() - Date.parse(at) }, words);
  return left || words.age(clock((now() - Date.parse(created_at)) / 1000));
}

// How many tasks have each status but error, which the line below says; nothing where all of them
// have the workflow's.
function countsText({ counts, status, progress }, words) {
  if (counts[status] === progress.total) return "";
  return STATUSES.filter((one) => counts[one] && one !== "error")
    .map((one) => `${words[one]}\u00a0${words.number(counts[one])}`)
    .join(" · ");
}

function whyText({ counts, failure, control, status }, words) {
  if (counts.error) {
    const failed = words.failed(counts.error);
    const line = lastLine(errorOf(failure, words));
    return line ? words.because(failed, line) : failed;
  }
  if (!control || !["paused", "cancelled"].includes(status)) return "";
  return [control.by, control.reason].filter(Boolean).join(": ");
}

// What a row shows of a workflow.
export const WORKFLOW = {
  page: ({ workflow_id }, words) => pageOf("workflow", workflow_id, words),
  path: (workflow) => `internal/workflow/${encodeURIComponent(workflow.workflow_id)}`,
  words: (words) => ({ ...words, ...words.ofWorkflow }),
  data: (workflow) => ({ workflowId: workflow.workflow_id, failed: workflow.counts.error > 0 }),
  name: (workflow, words) => workflow.name || words.ofWorkflow.name,
  names: ({ name }, words) => [name || words.ofWorkflow.name, name ? words.ofWorkflow.name : ""],
  status: (workflow, words) =>
    words.asked[asked(workflow)] ?? words[workflow.status] ?? workflow.status,
  offered,
  rate: () => null,
  time: timeText,
  text: countsText,
  why: whyText,
};

// `act` is asked for a task or workflow, `wanted` to read what this needs now; `another` makes a hold of
// the tasks, which keep still as long as the rows of the list do.
export function makeWorkflow(act, wanted, another) {
  const row = makeRow(act, WORKFLOW);
  const failed = element("i", "failed");
  const toggle = button("toggle", () => turn(!open));
  const chosen = element("div", "counts");
  const news = button("news");
  const behind = element("div", "behind", news);
  const counts = element("tr", "members", element("td", "", chosen, behind));
  const foot = element("tr", "members");
  const pages = makePages((turned) => {
    page += turned;
    readAnew();
  });
  const made = element("tbody", "workflow", row.element);
  const members = makeTasks();
  const rows = makeRows(made, () => makeRow(act), counts, toggle);
  const hold = another(news, draw, () =>
    (counts.nextElementSibling === foot ? toggle : counts.nextElementSibling).focus(),
  );
  let workflow = null;
  let words = null;
  let open = false;
  let status = null;
  let page = 1;
  let answer = null;
  let listed = [];
  let listedOf = ""; // ids of the tasks as they were read last, and of which page
  let read = null;
  let urgent = false; // what the members were last read of, and whether to read at once
  let cause = null; // of the first failure, and what it was read of

  toggle.setAttribute("aria-expanded", "false");
  row.name.prepend(toggle);
  row.bar.element.prepend(failed);
  foot.append(element("td", "pages", pages.element));
  for (const other of [counts, foot]) other.firstChild.colSpan = 5;
  const showChips = makeChips(chosen, (one) => {
    status = one;
    page = 1;
    readAnew();
  });

  function turn(opened) {
    open = opened;
    toggle.setAttribute("aria-expanded", open);
    if (open) {
      status = workflow.counts.error ? "error" : null;
      page = 1;
      made.append(counts, foot);
      readAnew();
    } else {
      [answer, listed, listedOf] = [null, [], ""];
      hold.release();
      members.take([]);
      drawTasks();
      counts.remove();
      foot.remove();
    }
  }

  function readAnew() {
    urgent = true;
    draw();
    wanted();
  }

  const state = () => `${workflow.created_at} ${workflow.revision}`;
  const failures = () => `${workflow.created_at} ${workflow.end_time}`;
  const membersDue = () => open && (urgent || read !== state());
  // Read again at the end, and where failures were taken back.
  const causeDue = () =>
    workflow.counts.error > 0 &&
    (cause === null || cause.of !== failures() || cause.count > workflow.counts.error);

  async function readMembers(stop, isWanted) {
    const of = state();
    const query = new URLSearchParams({ workflow_id: workflow.workflow_id, page, limit: LIMIT });
    if (status) query.set("status", status);
    const got = await answered(`internal/tasks?${query}`, {}, stop);
    if (!isWanted() || !got?.ok || !open) return got;
    read = of;
    urgent = false;
    answer = got.body.pagination;
    if (listedOf !== `${status} ${page}`) hold.release();
    listedOf = `${status} ${page}`;
    listed = got.body.tasks.map(({ task_id }) => task_id);
    members.take(got.body.tasks, got.at, hold.keys());
    if (page > answer.pages) {
      // the last page has become empty
      page = answer.pages;
      urgent = true;
    }
    draw();
    return got;
  }

  async function readCause(stop, isWanted) {
    const of = failures();
    const got = await answered(`${WORKFLOW.path(workflow)}/status`, {}, stop);
    if (!isWanted() || !(got?.ok || got?.status === 404)) return got;
    const all = got.ok ? got.body.failures : [];
    cause = { of, failure: firstCause(all), count: workflow.counts.error };
    draw();
    return got;
  }

  // What has to be read: at once, since somebody asks for it, or in its turn.
  const asks = () => (open && urgent ? [readMembers] : []);
  const due = () => [membersDue() && readMembers, causeDue() && readCause].filter(Boolean);

  function show(now, inWords) {
    workflow = now;
    words = inWords;
    draw();
  }

  function draw() {
    if (workflow.counts.error === 0) cause = null;
    row.show({ ...workflow, failure: cause?.failure }, words);
    toggle.setAttribute("aria-label", WORKFLOW.name(workflow, words));
    const {
      progress: { total, percentage },
    } = workflow;
    const lost = total ? Math.min((workflow.counts.error / total) * 100, percentage) : 0;
    const { fill } = row.bar;
    failed.style.width = `${lost}%`;
    fill.style.width = `${percentage - lost}%`;
    if (percentage - lost < 0.05) fill.style.minWidth = "0";
    if (open) drawMembers();
  }

  function drawMembers() {
    chosen.setAttribute("aria-label", words.tasksOf(WORKFLOW.name(workflow, words)));
    showChips(workflow.counts, status, words, false);
    drawTasks();
    foot.hidden = answer?.pages === 1;
    pages.show(answer && { ...answer, page }, words, words.total);
  }

  function drawTasks() {
    const shown = hold.order(listed).map((id) => [id, members.shown.get(id)]);
    rows.draw(new Map(shown.filter(([, task]) => task)), words);
    hold.show(words);
  }

  // Whether one of the tasks that are seen passes.
  const some = (passes) => open && [...members.shown.values()].some(passes);

  function receive(message) {
    const { task } = members.receive(message);
    if (task) rows.get(task.task_id)?.show(task, words);
  }

  // What the time alone changes.
  function tick() {
    row.tick(words);
    for (const one of rows.all()) one.tick(words);
  }

  return { element: made, show, tick, receive, asks, due, some, focus: () => toggle.focus() };
}
