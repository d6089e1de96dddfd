// The newest 1,000 tasks of a workflow as icons that link to the tasks, one row for each step. Above them the failed
// tasks, grouped by error; tasks that never ran are a group of their own.
import { groupsOf } from "./cause.js";
import { element, nextTo, redraw, say } from "./dom.js";
import { answered } from "./live.js";
import { nowOf } from "./moment.js";
import { joined, words } from "./page_words.js";
import { makeReader } from "./reading.js";
import { section } from "./record_parts.js";
import { pageOf, TASK } from "./task.js";
import { errorOf } from "./translated.js";
import { clock } from "./words.js";
import { FOLLOWED } from "./workflow.js";

const LIMIT = 100;
const MOST_PAGES = 10;
const MOST_NAMED = 24; // tasks of a workflow whose squares have their names
const NAMED = 5; // tasks of one error that are linked by name

export function makeGrid(drawn) {
  const causes = element("ul", "causes");
  const steps = element("div", "steps");
  const made = section("steps", causes, steps);
  const reader = makeReader(read, drawn);
  const tasks = new Map(); // id -> the task as last read
  const squares = new Map(); // id -> its link
  const rows = new Map(); // task type -> its squares and its figures
  let workflow = null;
  let of = ""; // the workflow's state at the last read
  let page = 1;
  let all = true; // whether the workflow has no more tasks than are read
  let whole = false; // all pages were read once; later each read takes one page
  made.hidden = true;
  made.classList.add("grid");

  async function read(stop, wanted) {
    of = stateOf(workflow);
    if (workflow.end_time) whole = false;
    do {
      const query = new URLSearchParams({ workflow_id: workflow.workflow_id, page, limit: LIMIT });
      const got = await answered(`internal/tasks?${query}`, {}, stop);
      if (!wanted() || !got?.ok) return got;
      for (const task of got.body.tasks) tasks.set(task.task_id, task);
      all = got.body.pagination.pages <= MOST_PAGES;
      page = page < Math.min(got.body.pagination.pages, MOST_PAGES) ? page + 1 : 1;
    } while (page > 1 && !whole);
    whole = true;
    return { ok: true };
  }

  const stateOf = ({ created_at, revision }) => `${created_at} ${revision}`;

  function show(now) {
    workflow = now;
    if (of !== stateOf(workflow)) reader.soon();
    draw();
  }

  function square(task) {
    if (!squares.has(task.task_id)) {
      const link = element("a", "", element("span"), element("small"));
      squares.set(task.task_id, link);
      if (!rows.has(task.task_type)) {
        const [links, figures] = [element("div"), element("small")];
        const name = element("b", "", task.task_type.replaceAll(".", ".\u200b"), figures);
        rows.set(task.task_type, { links, figures });
        steps.append(element("div", "", name, links));
      }
      rows.get(task.task_type).links.append(link);
      link.tabIndex = squares.size > 1 ? -1 : 0;
    }
    return squares.get(task.task_id);
  }

  function draw() {
    if (reader.outcome === "none") return;
    made.dataset.read = "yes";
    made.hidden = tasks.size < 2;
    // The API returns the newest task first, the squares begin with the oldest.
    for (const task of [...tasks.values()].reverse()) {
      const link = square(task);
      say(link.lastChild, tasks.size > MOST_NAMED ? "" : (task.symbol ?? ""));
      const took = task.end_time && TASK.time(task);
      const title = joined(words.comma, `${TASK.name(task)}: ${words[task.status]}`, took);
      if (link.title === title) continue;
      link.title = title;
      link.ariaLabel = title;
      link.className = `status ${FOLLOWED.includes(task.error_cause) ? "never" : task.status}`;
      link.href = pageOf("task", task.task_id);
    }
    tick();
    drawCauses();
  }

  function tick() {
    if (!all) return; // a step may have tasks that were not read
    const of = Map.groupBy(tasks.values(), (task) => task.task_type);
    for (const [type, { figures }] of rows) say(figures, figuresOf(of.get(type)));
  }

  // "3/4 · 0:12": how many tasks of a step have ended, and the time from the first start to the last end.
  function figuresOf(some) {
    const ends = some.flatMap(({ end_time: at }) => (at ? [Date.parse(at)] : []));
    const starts = some.flatMap(({ start_time: at }) => (at ? [Date.parse(at)] : []));
    const last = ends.length < some.length ? nowOf(workflow) : Math.max(...ends);
    const time = starts.length && ` · ${clock((last - Math.min(...starts)) / 1000)}`;
    return `${words.number(ends.length)}/${words.number(some.length)}${time || ""}`;
  }

  function drawCauses() {
    const failed = [...tasks.values()].filter(({ status }) => status === "error");
    const never = failed.filter(({ error_cause: cause }) => FOLLOWED.includes(cause));
    const others = failed.filter((one) => !never.includes(one));
    const lines = groupsOf(others, (task) => errorOf(task, words), 1, Infinity);
    if (never.length) lines.push([words.neverRan, never]);
    causes.hidden = !lines.length;
    const key = lines.map(([text, of]) => [text, of.length]);
    redraw(causes, key, () => lines.map(([text, some]) => cause(text, some, some === never)));
  }

  function cause(text, some, isNever) {
    const links = some.slice(0, NAMED).flatMap((task) => {
      const href = pageOf("task", task.task_id);
      return [" ", element("a", { href }, TASK.names(task)[0])];
    });
    const more = some.length > NAMED ? ` ${words.andMore(some.length - NAMED)}` : "";
    const count = element("b", "", `${words.number(some.length)} × `);
    return element("li", isNever ? "never" : "", count, text, element("small", "", ...links, more));
  }

  // Tab focuses one square, the arrow keys move to the others.
  steps.onkeydown = (event) => {
    const all = steps.querySelectorAll("a");
    const next = nextTo(event, all);
    if (!next) return;
    for (const one of all) one.tabIndex = one === next ? 0 : -1;
    next.focus();
  };

  // Whether the failures are listed here; until the first read it is assumed.
  const names = () => reader.outcome === "none" || !(made.hidden || causes.hidden);

  return { element: made, show, names, tick, tasks: () => [...tasks.values()] };
}
