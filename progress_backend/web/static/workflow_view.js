// A workflow's page: its counts as one bar, the first failure's cause, and its tasks a page at a time,
// those that failed first.
import { makeChips } from "./chips.js";
import { answered } from "./live.js";
import { makeReader } from "./reading.js";
import { makeHead } from "./record_head.js";
import { makeFacts, section } from "./record_parts.js";
import { element } from "./dom.js";
import { makeRow } from "./row.js";
import { makePages, makeRows, makeItems } from "./rows.js";
import { nowOf } from "./moment.js";
import { clock } from "./words.js";
import { WORKFLOW } from "./workflow.js";

const LIMIT = 20;
// From the left: what has come to its end, then what goes on.
const ORDER = ["error", "completed", "cancelled", "running", "paused", "created"];

export function makeWorkflowView(place, act) {
  const head = makeHead((name, item) => act(WORKFLOW, name, item), WORKFLOW);
  const request = makeFacts("request");
  const times = makeFacts("times");
  const chosen = element("div", "counts");
  const table = element("table");
  const body = element("tbody", "task");
  const pages = makePages((turned) => {
    page += turned;
    reader.anew();
  });
  const members = makeItems();
  const rows = makeRows(body, () => makeRow(act));
  const tasks = section("members", chosen, table, element("div", "pages", pages.element));
  const showChips = makeChips(chosen, (one) => {
    status = one;
    page = 1;
    reader.anew();
    draw();
  });
  const reader = makeReader(read, draw);
  let workflow = null;
  let words = null;
  let status;
  let page = 1;
  let answer = null;
  let of = "";
  table.append(body);
  table.addEventListener("choose", ({ detail }) => {
    location.href = `${document.body.dataset.base}?${new URLSearchParams({ lang: words.code, ...detail })}`;
  });
  tasks.classList.add("list");
  place.append(head.element, request.element, tasks, times.element);

  async function read(stop, wanted) {
    const mine = state();
    const query = new URLSearchParams({ workflow_id: workflow.workflow_id, page, limit: LIMIT });
    if (status) query.set("status", status);
    const got = await answered(`internal/tasks?${query}`, {}, stop);
    if (!wanted() || !got?.ok) return got;
    of = mine;
    answer = got.body.pagination;
    members.take(got.body.tasks, got.at);
    if (page > answer.pages) {
      // the last page has become empty
      page = answer.pages;
      reader.soon();
    }
    return got;
  }

  const state = () => `${workflow.created_at} ${workflow.revision}`;

  function show(now, inWords) {
    const first = workflow === null;
    [workflow, words] = [now, inWords];
    if (first) {
      status = workflow.counts.error ? "error" : null;
      reader.anew();
    } else if (of !== state()) reader.soon();
    draw();
  }

  function draw() {
    const { counts, control, progress } = workflow;
    const at = (time) => time && { time };
    const all = Math.max(progress.total, 1);
    head.show(
      workflow,
      words,
      ORDER.map((one) => [one, (100 * counts[one]) / all]),
    );
    request.show(
      control
        ? [
            ["asked", words.actions[control.action] ?? control.action],
            ["by", control.by],
            ["why", control.reason],
            ["at", at(control.at)],
          ]
        : [],
      words,
    );
    tasks.say(words);
    chosen.setAttribute(
      "aria-label",
      words.tasksOf(WORKFLOW.name(workflow, words.ofWorkflow && { ...words, ...words.ofWorkflow })),
    );
    showChips(counts, status, words, false);
    rows.draw(members.shown, words);
    pages.show(answer && { ...answer, page }, words, words.total);
    times.show(
      [
        ["created", at(workflow.created_at)],
        ["start", at(workflow.start_time)],
        ["updated", at(workflow.updated_at)],
        ["estimated", at(workflow.end_time === null && workflow.estimated_completion)],
        ["end", at(workflow.end_time)],
        ["again", at(workflow.may_come_again_until)],
        [
          "took",
          workflow.end_time && workflow.processing_time_ms != null
            ? clock(workflow.processing_time_ms / 1000)
            : "",
        ],
      ],
      words,
    );
    tick();
  }

  function tick() {
    head.tick(workflow, words);
    for (const facts of [request, times]) facts.tick(nowOf(workflow), words);
  }

  return {
    show,
    tick,
    name: (item, inWords) => WORKFLOW.name(item, { ...inWords, ...inWords.ofWorkflow }),
  };
}
