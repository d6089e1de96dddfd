// The workflows above the tasks: one page of them, read as the tasks are, whatever their number; and
// what the open ones show, one read after the other.
import { answered } from "./live.js";
import { makeReader } from "./reading.js";
import { makePages, makeRows } from "./rows.js";
import { makeWorkflow } from "./workflow.js";

const LIMIT = 5;
// Reads of tasks and causes that follow one read of the list.
const MORE = 2;
const byId = (id) => document.getElementById(id);

export function makeWorkflows({ act, heard, done }) {
  const foot = byId("workflow-pages");
  const pages = makePages((turned) => { page += turned; reader.anew(); });
  const rows = makeRows(byId("table"), () => makeWorkflow(act, reader.anew), byId("workflows"));
  const reader = makeReader(work, done);
  let page = 1, answer = null, shown = new Map(), turns = 0, clockMs = 0; // the service's clock is ahead

  foot.querySelector("td").append(pages.element);

  async function work(stop, wanted) {
    let got = null;
    // False where one was not answered, or is wanted no more.
    const all = async (reads) => {
      for (const read of reads) {
        got = await read(stop, wanted);
        if (!wanted() || !(got?.ok || got?.status === 404)) return false;
      }
      return true;
    };
    if (!(await all(rows.all().flatMap((row) => row.asks())))) return got;
    const list = await answered(`internal/workflows?${new URLSearchParams({ page, limit: LIMIT })}`, {}, stop);
    if (!wanted() || !list?.ok) return list;
    heard();
    take(list);
    done();
    if (!(await all(due().slice(0, MORE)))) return got;
    if (due().length) reader.soon();
    return list;
  }

  // What the rows have to read, each time beginning with another one.
  function due() {
    const from = turns++ % Math.max(rows.all().length, 1);
    return [...rows.all().slice(from), ...rows.all().slice(0, from)].flatMap((row) => row.due());
  }

  function take({ body, at }) {
    answer = body.pagination;
    if (at) clockMs = at - Date.now();
    shown = new Map(body.workflows.map((workflow) => [workflow.workflow_id, dated(workflow)]));
    if (page > answer.pages) { // the last page has become empty
      page = answer.pages;
      reader.soon();
    }
  }

  const dated = (workflow) => ({ ...workflow, now: () => Date.now() + clockMs });

  // What an act was answered with. A read that is under way may have been answered before it.
  function show(workflow) {
    if (shown.has(workflow.workflow_id)) shown.set(workflow.workflow_id, dated(workflow));
    reader.anew();
    done();
  }

  const anyOpen = () => [...shown.values()].some((workflow) => workflow.end_time === null);

  // A message about any task may be about one of theirs; `changed` if the list of tasks has changed.
  function hear(message, changed) {
    for (const row of rows.all()) row.hear(message);
    if (changed || anyOpen()) reader.soon();
  }

  // To be called each second: no message tells the end of a publish.
  function look() {
    if (anyOpen()) reader.look();
  }

  function draw(words, hidden) {
    const none = hidden || shown.size === 0;
    byId("workflows").hidden = none;
    foot.hidden = none || answer.pages <= 1;
    rows.draw(shown, words);
    for (const row of rows.all()) row.element.hidden = hidden;
    pages.show(answer && { ...answer, page }, words, words.ofWorkflow.total);
    return !none;
  }

  return { reader, show, hear, look, draw };
}
