// A task's record in the order that a person wants: how it is, what went wrong, what came out, who
// asked for what, when, where.
import { startText } from "./expected.js";
import { makeLog } from "./log_view.js";
import { nowOf } from "./moment.js";
import { makeHead } from "./record_head.js";
import { at, makeFacts, makeText, requestOf } from "./record_parts.js";
import { pageOf, TASK, traceOf } from "./task.js";
import { makeTimeline } from "./timeline_view.js";
import { errorOf } from "./translated.js";
import { clock } from "./words.js";

// A cancel that its run has not acknowledged may be followed by a signal: that is the second step.
const TERMINABLE = ({ worker, control }) =>
  worker && control?.action === "cancel" && control.acknowledged_at === null;

// What went wrong, in one line: the last one of a traceback.
const causeOf = (task, words) => errorOf(task, words).trim().split("\n").at(-1);

const KIND = {
  ...TASK,
  offered: (task) =>
    TERMINABLE(task)
      ? ["terminate"]
      : [
          ...TASK.offered(task),
          ...(task.status === "running" && task.worker ? ["stack"] : []),
        ].filter((name) => task.control?.acknowledged_at !== null || name !== task.control.action),
  time: (task, words) =>
    task.status === "created"
      ? startText(task, task.start_estimate, words)
      : [
          TASK.time(task, words),
          task.final && task.usual_ms && words.usually(clock(task.usual_ms / 1000)),
        ]
          .filter(Boolean)
          .join(words.comma),
  why: (task, words) =>
    task.status === "created" && task.ahead != null
      ? words.before(task.ahead)
      : task.status === "error"
        ? causeOf(task, words)
        : TASK.why(task, words),
};

// Where Flower shows it; null where the service does not say, or where Celery has had no message of it.
function flowerOf({ task_id: id, root_id: root, worker }) {
  const { flower } = document.body.dataset;
  return flower && (root || worker) ? `${flower}/task/${encodeURIComponent(id)}` : null;
}

export function makeTaskView(place, act, id) {
  const head = makeHead(act, KIND);
  const error = makeText("error");
  const results = makeText("results");
  const request = makeFacts("request");
  const times = makeFacts("times");
  const run = makeFacts("run");
  const belongs = makeFacts("belongs");
  const details = makeText("details");
  const metadata = makeText("metadata");
  const log = makeLog(id);
  const timeline = makeTimeline(id);
  place.append(
    ...[head, error, results, timeline, log, request, times, run, belongs, details, metadata].map(
      ({ element }) => element,
    ),
  );

  function show(task, words) {
    const { worker, workflow } = task;
    const given = { ...task.processing_details };
    for (const name of task.estimated_details ?? []) delete given[name];
    head.show(task, words);
    const problem = errorOf(task, words);
    error.show(task.status === "error" && problem === causeOf(task, words) ? "" : problem, words);
    results.show(task.results, words);
    request.show(requestOf(task, words), words);
    times.show(
      [
        ["created", at(task.created_at)],
        ["eta", at(task.eta)],
        ["expires", at(task.expires)],
        ["start", at(task.start_time)],
        ["attempt", task.attempt > 1 ? at(task.attempt_started_at) : null],
        ["updated", at(task.updated_at)],
        ["estimated", at(task.status === "running" && task.estimated_completion)],
        ["end", at(task.end_time)],
        ["again", at(task.may_come_again_until)],
        ["waited", task.waited_ms == null ? "" : clock(task.waited_ms / 1000)],
        [
          "took",
          task.end_time && task.processing_time_ms != null
            ? clock(task.processing_time_ms / 1000)
            : "",
        ],
        ...Object.entries(task.warnings ?? {}).map(([name, since]) => [name, at(since)]),
      ],
      words,
    );
    run.show(
      [
        ["worker", worker && { text: worker, mono: true }],
        ["number", task.attempt > 0 ? words.number(task.attempt) : ""],
        ["retries", task.retries ? words.number(task.retries) : ""],
        ["cause", task.error_cause && { text: task.error_cause, mono: true }],
      ],
      words,
    );
    const link = (kind, its) =>
      its && its !== task.task_id
        ? { text: its, link: pageOf(kind, its, words), mono: true }
        : null;
    const trace = traceOf(task);
    const flower = flowerOf(task);
    belongs.show(
      [
        ["owner", task.owner],
        ["trace", trace && { text: task.traceparent.slice(3, 35), link: trace, mono: true }],
        ["flower", flower && { text: task.task_id, link: flower, mono: true }],
        [
          "workflow",
          workflow && {
            text: workflow.id,
            link: pageOf("workflow", workflow.id, words),
            mono: true,
          },
        ],
        [
          "canvas",
          workflow?.canvas && {
            text: workflow.canvas,
            link: pageOf("workflow", workflow.canvas, words),
            mono: true,
          },
        ],
        ["parent", link("task", task.parent_id)],
        ["root", link("task", task.root_id)],
        ["group", task.group_id && { text: task.group_id, mono: true }],
      ],
      words,
    );
    details.show(given, words);
    metadata.show(task.metadata, words);
    tick(task, words);
  }

  function tick(task, words) {
    head.tick(task, words);
    // A run that has yet to acknowledge its cancel may write more.
    log.look(task, task.final && task.control?.acknowledged_at !== null, words);
    timeline.look(task, words);
    for (const facts of [request, times]) facts.tick(nowOf(task), words);
  }

  return { show, tick, name: KIND.name, expectStack: timeline.expectStack };
}
