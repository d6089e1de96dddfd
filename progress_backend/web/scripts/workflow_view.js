// A workflow's page: its bar, the first failure's cause, its steps as squares, and pages of its tasks, initially of
// the failed ones.
import { makeChips } from "./chips.js";
import { makeGrid } from "./grid.js";
import { linksOf } from "./links.js";
import { answered, BASE } from "./live.js";
import { words } from "./page_words.js";
import { makeReader } from "./reading.js";
import { makeHead } from "./record_head.js";
import { makeFacts, makeLinks, requestOf, section, timesOf } from "./record_parts.js";
import { element } from "./dom.js";
import { makeRow } from "./row.js";
import { makePages, makeRows, makeItems } from "./rows.js";
import { TASK } from "./task.js";
import { failedText, WORKFLOW } from "./workflow.js";

const LIMIT = 20;
const MOST_LINKS = 8;

export function makeWorkflowView(place, act) {
  // Errors that the grid lists are not repeated in the head.
  const why = (one) =>
    grid.names() && one.counts.error ? failedText(one.counts) : WORKFLOW.why(one);
  const head = makeHead(act, { ...WORKFLOW, why });
  const links = makeLinks();
  const request = makeFacts("request");
  const times = makeFacts("times");
  const chosen = element("div", "counts");
  const table = element("table");
  const body = element("tbody", "task");
  const pages = makePages((turned) => {
    page += turned;
    reader.anew();
  });
  const grid = makeGrid(draw);
  const members = makeItems();
  const rows = makeRows(body, () => makeRow(act));
  const tasks = section(
    "members",
    chosen,
    table,
    element("div", "pages", pages.newer, pages.text, pages.older),
  );
  const showChips = makeChips(chosen, (one) => {
    status = one;
    page = 1;
    reader.anew();
    draw();
  });
  const reader = makeReader(read, draw);
  let workflow = null;
  let status;
  let page = 1;
  let answer = null;
  let of = "";
  table.append(body);
  tasks.classList.add("list");
  place.append(head.element, links.element, grid.element, request.element, tasks, times.element);

  async function read(stop, wanted) {
    const mine = state();
    const query = new URLSearchParams({ workflow_id: workflow.workflow_id, page, limit: LIMIT });
    if (status) query.set("status", status);
    const got = await answered(`internal/tasks?${query}`, {}, stop);
    tasks.dataset.read = "yes";
    if (!wanted() || !got?.ok) return got;
    of = mine;
    answer = got.body.pagination;
    members.take(got.body.tasks, got.at);
    if (page > answer.pages) {
      // the last page is empty now
      page = answer.pages;
      reader.soon();
    }
    return got;
  }

  const state = () => `${workflow.created_at} ${workflow.revision}`;

  function show(now) {
    const first = workflow === null;
    workflow = now;
    if (first) {
      status = workflow.counts.error ? "error" : null;
      reader.anew();
    } else if (of !== state()) reader.soon();
    draw();
  }

  function draw() {
    grid.show(workflow);
    head.show(workflow);
    request.show(requestOf(workflow));
    chosen.ariaLabel = words.tasksOf(WORKFLOW.name(workflow));
    showChips(workflow.counts, status, false);
    rows.draw(members.shown);
    const { pages: last = 1, total = 0 } = answer ?? {};
    pages.show({ page, pages: last, more: page < last, all: words.total(total) });
    times.show(timesOf(workflow));
    links.show(allLinks());
  }

  // Those of the newest tasks; with a task's name where several gave some.
  function allLinks() {
    const tasks = grid.tasks().filter((task) => task.links);
    const all = tasks.flatMap((task) =>
      linksOf({ ...workflow, links: task.links }, BASE, words).map(({ text, link }) => ({
        text: tasks.length > 1 ? `${TASK.names(task)[0]}: ${text}` : text,
        link,
      })),
    );
    const more = all.splice(MOST_LINKS).length;
    return more ? [...all, { text: words.andMore(more) }] : all;
  }

  function tick(...now) {
    head.tick(...now);
    links.show(allLinks());
    grid.tick();
  }

  return { show, tick, name: WORKFLOW.name };
}
