// A task's record in the order of a reader's questions: state, error, results, timeline, log, request, times, run.
import { makeCase } from "./case_view.js";
import { lastLine } from "./cause.js";
import { readWorkers } from "./details.js";
import { linksOf } from "./links.js";
import { BASE } from "./live.js";
import { makeLog } from "./log_view.js";
import { CHANGES } from "./bulk_acts.js";
import { joined, words } from "./page_words.js";
import { makeReader } from "./reading.js";
import { makeHead } from "./record_head.js";
import { makeFacts, makeLinks, makeText, requestOf, timesOf } from "./record_parts.js";
import { givenDetails, pageOf, TASK, wrongText } from "./task.js";
import { makeTimeline } from "./timeline_view.js";
import { errorOf } from "./translated.js";
import { stillRuns } from "./unsettled.js";
import { clock } from "./words.js";

// Until the run acknowledges a cancel, the button "Terminate" can send its process a signal.
const TERMINABLE = ({ worker, control }) =>
  worker && control?.action === "cancel" && control.acknowledged_at === null;

const causeOf = (task) => lastLine(errorOf(task, words));

// An ended task whose arguments are kept, where this API starts jobs.
const REPEATABLE = ({ status, again, workflow }) =>
  document.body.dataset.start && again && !workflow && CHANGES.again.includes(status);

const KIND = {
  ...TASK,
  offered: (task) =>
    TERMINABLE(task)
      ? ["terminate"]
      : [
          ...TASK.offered(task),
          ...((task.warnings?.stalled || task.warnings?.late) && task.worker ? ["terminate"] : []),
          ...(task.status === "running" && task.worker ? ["stack"] : []),
          ...(REPEATABLE(task) ? ["again"] : []),
        ].filter((name) => task.control?.acknowledged_at !== null || name !== task.control.action),
  time: (task) => {
    if (task.warnings?.stalled) return "";
    const usual = task.final && !stillRuns(task) && task.usual_ms;
    return joined(words.comma, TASK.time(task), usual && words.usually(clock(usual / 1000)));
  },
  why: (task) => (task.status === "error" ? causeOf(task) : TASK.why(task)),
};

// Links to the task's trace and to its page in Flower, if the API's settings have their URLs. Flower knows only tasks
// that have a Celery message.
function externalLinks({ task_id: id, root_id: root, worker, traceparent }) {
  const { trace, flower } = document.body.dataset;
  const its = traceparent?.slice(3, 35);
  const page = `${flower}/task/${encodeURIComponent(id)}`;
  return [
    ["trace", trace && its && { text: its, link: trace.replaceAll("{trace_id}", its), mono: true }],
    ["flower", flower && (root || worker) && { text: id, link: page, mono: true }],
  ];
}

export function makeTaskView(place, act, id) {
  const timeline = makeTimeline(id);
  const wrong = (task) => wrongText(task, timeline.where(task));
  const head = makeHead(act, { ...KIND, wrong });
  const log = makeLog(id);
  const what = (task) => wrong(task) || causeOf(task);
  const kase = makeCase(what, timeline.where, log.newest);
  const error = makeText("error");
  const results = makeText("results");
  const links = makeLinks();
  const request = makeFacts("request");
  const times = makeFacts("times");
  const run = makeFacts("run");
  const belongs = makeFacts("belongs");
  const details = makeText("details");
  const metadata = makeText("metadata");
  const workers = makeReader(lookForWorkers, () => show(...now));
  let now = [];
  place.append(
    ...[
      ...[head, kase, links, error, results, timeline, log],
      ...[request, times, run, belongs, details, metadata],
    ].map(({ element }) => element),
  );

  // A waiting task shows whether a worker is alive.
  async function lookForWorkers(stop) {
    await readWorkers(stop);
    return { ok: true };
  }

  function show(task) {
    now = [task, words];
    const { worker, workflow } = task;
    const given = givenDetails(task);
    head.show(task);
    const problem = errorOf(task, words);
    error.show(task.status === "error" && problem === causeOf(task) ? "" : problem);
    results.show(task.results);
    request.show(requestOf(task));
    times.show(timesOf(task));
    run.show([
      ["worker", worker && { text: worker, mono: true }],
      ["number", task.attempt > 0 ? words.number(task.attempt) : ""],
      ["retries", task.retries ? words.number(task.retries) : ""],
      ["cause", task.error_cause && { text: task.error_cause, mono: true }],
    ]);
    const link = (kind, its) => its && { text: its, link: pageOf(kind, its), mono: true };
    belongs.show([
      ["owner", task.owner],
      ...externalLinks(task),
      ["workflow", link("workflow", workflow?.id)],
      ["canvas", link("workflow", workflow?.canvas)],
      ["parent", link("task", task.parent_id)],
      ["root", link("task", task.root_id)],
      ["againOf", link("task", task.again_of)],
      ["againBy", link("task", task.again_by)],
      ["group", task.group_id && { text: task.group_id, mono: true }],
    ]);
    details.show(given);
    metadata.show(task.metadata);
    tick(task);
  }

  function tick(task) {
    head.tick(task);
    kase.show(task);
    links.show(linksOf(task, BASE, words));
    // A run may log more until it acknowledges its cancel.
    log.look(task, task.final && !stillRuns(task));
    timeline.look(task);
    if (task.status === "created") workers.look();
  }

  return { show, tick, name: KIND.name, expectStack: timeline.expectStack };
}
