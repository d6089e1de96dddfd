// The list of tasks, with one row for each workflow in place of its tasks. It is read at once, when the WebSocket
// opens, and (at most once a second) when a message reports a change; without a live WebSocket, every few seconds.
import { ask } from "./acts.js";
import { filtersOf, ofSocket } from "./address.js";
import { makeListening } from "./listening.js";
import { answered } from "./live.js";
import { detailsOf, readDetails } from "./details.js";
import { LONGEST_PAUSE_MS, makeReader } from "./reading.js";
import { makeRow } from "./row.js";
import { ENDS } from "./sort_menu.js";
import { stillRuns } from "./unsettled.js";
import { isHeading, makeSection, sectionOf, SECTIONS } from "./section.js";
import { TASK } from "./task.js";
import { keyOf, makeItems, makeRows } from "./rows.js";
import { matcher } from "./search.js";
import { WORKFLOW } from "./workflow.js";

const LIMIT = 20;
const HIDDEN_MS = 300;
const DELETED_MS = 30_000;
const MOST_LISTS = 20;
// Rows of the first frame: a small window shows no more. The others are drawn in the next frame.
const FIRST = 6;

// Fewer waiting tasks are shown without a press.
const LEAST = 4;

// chosen() returns the user's choices. turned(page) is called when another page has to be
// shown, refuse(why) when an act was refused; draw() and drawState() draw the page around the rows, beside() reads what
// is drawn with them.
export function makeList(table, { chosen, turned, refuse, draw, drawState, hold, beside }) {
  const filters = {
    focus: () => document.querySelector('#filters [aria-pressed="true"]')?.focus(),
  };
  const items = makeItems();
  const rows = makeRows(table.tBodies[0], makeEither, filters);
  const reader = makeReader(read, draw);
  const listening = makeListening({ reader, received: show, changed: drawState });
  let answer = null;
  let answerOf = "";
  let summary = {}; // the number of tasks per status, without filters
  let readOf = "";
  let counted = { shown: 0, all: 0 };
  let aheadMs = 0; // the API's clock, minus this browser's
  const starts = new Map(); // a list -> the cursors of its pages, if these are not numbered
  let begun = false; // the first rows are drawn
  let drawn = false; // all rows are drawn
  const sections = new Map(); // the key of a section's heading -> its item
  let endedToday = null; // the number of tasks that ended on the reader's day
  let seen = new Set(); // the keys of the visible rows, in order
  let tasksAlone = false; // the token permits no list of workflows
  let unfolded = null; // whether the user has shown or hidden the waiting tasks

  function makeEither(item) {
    if (item.section) return makeSection(item, turnFold);
    return makeRow(act, item.workflow_id ? WORKFLOW : TASK);
  }

  // With a filter the list has all matching tasks and no workflows: a workflow's status is computed from its tasks, and
  // it has no owner, so there is no index of them.
  const alone = () => areFlows() || filtersOf(chosen()).size > 0 || chosen().sort === "ended";

  // The view "Workflows", which has no filters.
  const areFlows = () => chosen().view === "workflows";

  // The default list: running tasks first, then the paused, waiting and ended ones, each with a heading.
  const isFront = () => !tasksAlone && !alone() && chosen().sort === null;

  const listOf = () => (areFlows() ? "workflows" : `${chosen().sort} ${filtersOf(chosen())}`);

  function cursors() {
    const of = listOf();
    const known = starts.get(of) ?? [];
    starts.delete(of);
    starts.set(of, known);
    if (starts.size > MOST_LISTS) starts.delete(starts.keys().next().value);
    return known;
  }

  function listQuery() {
    const query = areFlows() ? new URLSearchParams() : filtersOf(chosen());
    const sort = areFlows() ? null : chosen().sort;
    const page = isFront() ? 1 : chosen().page;
    if (cursors()[page]) query.set("cursor", cursors()[page]);
    else query.set("page", page);
    if (isFront() || sort) query.set("sort", sort ?? "running");
    query.set("limit", LIMIT);
    if (!alone() && !tasksAlone) query.set("top", "true");
    return query;
  }

  // When the reader's day began, by the API's clock.
  const today = () => new Date(Date.now() + aheadMs).setHours(0, 0, 0, 0);
  const ofToday = () =>
    new URLSearchParams({ ended_from: new Date(today()).toISOString(), limit: 1 });

  async function read(stop, wanted) {
    let query = listQuery();
    const path = areFlows() ? "internal/workflows" : "internal/tasks";
    const [first, ended] = await Promise.all([
      answered(`${path}?${query}`, {}, stop),
      drawn && isFront() ? answered(`internal/tasks?${ofToday()}`, {}, stop) : null,
      beside(),
    ]);
    let got = first;
    if (ended?.ok && wanted()) endedToday = ended.body.pagination.total;
    if (got?.status === 403 && query.has("top")) {
      tasksAlone = true;
      query = listQuery();
      got = await answered(`internal/tasks?${query}`, {}, stop);
    }
    if (wanted() && got?.ok) {
      listening.receivedNow();
      take(got, String(query));
    } else if (wanted() && got?.status === 422 && chosen().page > 1) {
      // an unnumbered page without its cursor, e.g. from a bookmark
      turned(1);
      reader.soon();
    }
    return got;
  }

  function take({ body, at }, query) {
    const { page } = chosen();
    body.tasks ??= body.workflows;
    summary = body.summary ?? summary;
    if (isFront()) body.pagination.pages = 1;
    const { pages } = body.pagination;
    if (query !== readOf) hold.release();
    [answer, answerOf, readOf] = [body, `${page} ${listOf()}`, query];
    if (at) aheadMs = at - Date.now();
    items.take(body.tasks, at, hold.keys());
    if (pages === null) cursors()[page + 1] = body.cursor;
    else if (page > pages) {
      // the last page is empty now
      turned(pages);
      reader.soon();
    }
  }

  const shownItems = () =>
    [...items.shown].filter(([key]) => rows.get(key)).map(([, item]) => item);

  const showRow = (item) => rows.get(keyOf(item))?.show(item);

  function turnFold() {
    unfolded = !sections.get("\tcreated").open;
    hold.release();
    draw();
  }

  function show(message) {
    const { task, changed } = items.receive(message);
    if (task) showRow(task);
    if (changed && !chosen().symbol_prefix) reader.soon(); // that reads 10,000 tasks: see everySecond()
  }

  function everySecond() {
    listening.look();
    if (listening.state() !== "live") {
      reader.look();
      drawState();
      return;
    }
    for (const row of rows.all()) row.tick?.();
    const seen = shownItems();
    for (const item of seen) if (detailsOf(item)) showRow(item);
    if (!document.hidden) readDetails(seen, showRow);
    // No WebSocket message reports the end of a workflow's publishing, a waiting task's place, that an end becomes final,
    // or that a record is deleted or has expired.
    const changes = seen.some(
      ({ status, workflow_id: workflow, end_time: end, may_come_again_until: until, final }) =>
        status === "created" ||
        (end ? !final && Date.parse(until) < Date.now() + aheadMs : workflow),
    );
    reader.look(changes || chosen().symbol_prefix ? LONGEST_PAUSE_MS : DELETED_MS);
  }

  // Called when the network is back, or the tab is visible again.
  function lookNow() {
    listening.look(true);
    reader.soon();
  }

  async function act(kind, name, item) {
    const { body, refusal: why } = await ask(kind, name, item);
    if (body && kind === TASK)
      show({ ...body, message: body.current_status, timestamp: body.updated_at });
    else if (body) {
      items.replace(body);
      reader.anew(); // a pending read may return the state before the act
      draw();
    }
    if (why) {
      refuse(why);
      reader.soon();
    }
  }

  function begin() {
    tasksAlone = false;
    reader.anew();
    if (drawn) listening.connect(ofSocket(chosen()));
  }

  // Connects and draws the other rows, in the frame after the first rows. A hidden tab gets no frames, so a timer does
  // it there.
  function drawRest() {
    begun = true;
    const rest = () => {
      if (drawn) return;
      drawn = true;
      listening.connect(ofSocket(chosen()));
      draw();
    };
    requestAnimationFrame(() => requestAnimationFrame(rest));
    setTimeout(rest, HIDDEN_MS);
  }

  // The keys with a heading before each section, unless the user searches. Waiting tasks are hidden until the user shows
  // them, unless these are few.
  function inSections(read, passes) {
    if (!isFront() || passes) return read;
    const since = today();
    const of = (key) => items.shown.has(key) && sectionOf(items.shown.get(key), since);
    const keys = Object.fromEntries(
      SECTIONS.map((section) => [section, read.filter((key) => of(key) === section)]),
    );
    const { created } = keys;
    const few = created.length < LEAST || created.length === read.length;
    const ended = ENDS.reduce((sum, status) => sum + summary[status], 0);
    const earlier = endedToday === null ? null : ended - endedToday;
    const running =
      summary.running + keys.running.filter((key) => stillRuns(items.shown.get(key))).length;
    const counts = { ...summary, running, today: endedToday, earlier };
    for (const section of SECTIONS)
      sections.set(`\t${section}`, {
        section,
        count: counts[section],
        open: unfolded ?? few,
        first: created.map((key) => items.shown.get(key)).find(({ eta }) => !eta),
      });
    return SECTIONS.filter((section) => keys[section].length).flatMap((section) => [
      `\t${section}`,
      ...(section !== "created" || (unfolded ?? few) ? keys[section] : []),
    ]);
  }

  function drawRows() {
    if (!begun && reader.outcome !== "none") drawRest();
    const shown = new Map();
    const passes = matcher(chosen().text);
    const order = hold.order(inSections((answer?.tasks ?? []).map(keyOf), passes));
    for (const one of drawn ? order : order.slice(0, FIRST)) {
      const item = sections.get(one) ?? items.shown.get(one);
      if (item) shown.set(one, item);
    }
    const has = ([, item]) => !passes || passes(item);
    seen = new Set([...shown].filter(has).map(([one]) => one));
    counted = { shown: seen.size, all: shown.size };
    rows.draw(shown);
    for (const one of shown.keys()) rows.get(one).element.hidden = !seen.has(one);
    hold.show();
  }

  // The visible rows as [key, element]; keyOf() makes the keys.
  const seenRows = () =>
    [...seen].filter((one) => !isHeading(one)).map((one) => [one, rows.get(one).element]);

  const state = () => ({
    state: listening.state(),
    silent: listening.silent(),
    storeAway: reader.storeAway,
    refusal: reader.refusal,
  });
  // Whether there is a page before (by < 0) or after this one, as far as known.
  const goesOn = (by) => {
    const { page } = chosen();
    const pages = answer?.pagination.pages ?? null;
    return by < 0 ? page > 1 : pages === null ? Boolean(cursors()[page + 1]) : page < pages;
  };

  return {
    begin,
    everySecond,
    lookNow,
    state,
    alone,
    drawRows,
    anew: reader.anew,
    soon: reader.soon,
    answer: () => answer,
    summary: () => summary,
    areFlows,
    begun: () => reader.outcome !== "none",
    drawn: () => drawn,
    seenRows,
    counted: () => counted,
    goesOn,
    more: () => isFront() && (answer?.pagination.total ?? 0) > answer?.tasks.length,
    isOfChosen: () => answer === null || answerOf === `${chosen().page} ${listOf()}`,
  };
}
