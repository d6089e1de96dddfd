// The list of tasks, with each workflow as one row that stands for its tasks. It is read at once, when
// the socket opens, and again (at most once a second) when a message says that it changed; where the
// socket does not speak, every few seconds instead.
import { ask } from "./acts.js";
import { filtersOf, ofSocket } from "./address.js";
import { LEAST, makeFold } from "./fold.js";
import { makeListening } from "./listening.js";
import { answered } from "./live.js";
import { detailsOf, readDetails } from "./details.js";
import { makeReader } from "./reading.js";
import { makeRow } from "./row.js";
import { TASK } from "./task.js";
import { keyOf, makeItems, makeRows } from "./rows.js";
import { matcher } from "./search.js";
import { WORKFLOW } from "./workflow.js";

const LIMIT = 20;
const FINAL_LOOK_MS = 2_000;
const UNSEEN_MS = 300;
const MOST_LISTS = 20;
// Rows that are drawn at first: a small window shows no more of them. The others come a frame later.
const FIRST = 6;

const FOLD = "\twaiting"; // the key of the row that stands for what waits

// `chosen` and `words` give what is chosen and the page's language; `turned` is called with another page,
// `refuse` why an act was not done; `draw` and `drawState` draw the page around the rows; `hold` keeps
// these from moving.
export function makeList(table, { chosen, words, turned, refuse, draw, drawState, hold }) {
  const filters = {
    focus: () => document.querySelector('#filters [aria-pressed="true"]')?.focus(),
  };
  const items = makeItems();
  const rows = makeRows(table.tBodies[0], makeEither, filters);
  const reader = makeReader(read, draw);
  const listening = makeListening({ reader, received: show, changed: drawState });
  let answer = null;
  let answerOf = "";
  let summary = {}; // how many tasks have each status, whatever is chosen; `all` rows, where these are of all
  let readOf = "";
  let finalTimer = null;
  let counted = { shown: 0, all: 0 };
  let aheadMs = 0; // the service's clock
  const starts = new Map(); // what is chosen -> where each page of such a list begins that has no numbers
  let begun = false;
  let drawn = false; // whether first rows were drawn, and all of them
  let folded = null; // what stands for those that wait
  let seen = new Set(); // the keys of the rows that are, in their order
  let tasksAlone = false; // as a token for one type's tasks sees them: no workflows
  let unfolded = false; // whether what waits is shown

  function makeEither(item) {
    if (item.fold) return makeFold(turnFold);
    return makeRow(act, item.workflow_id ? WORKFLOW : TASK);
  }

  // A workflow's status is computed from its tasks', and it has no owner, so that no list of them can
  // be asked for by these: who chooses one sees all tasks that have it.
  const alone = () => areFlows() || filtersOf(chosen()).size > 0 || chosen().sort === "ended";

  // The list of workflows alone, which takes no filters.
  const areFlows = () => chosen().view === "workflows";

  // What runs stands first, what waits is one row, and what has ended follows.
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

  function asked() {
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

  async function read(stop, wanted) {
    let query = asked();
    const path = areFlows() ? "internal/workflows" : "internal/tasks";
    let got = await answered(`${path}?${query}`, {}, stop);
    if (got?.status === 403 && query.has("top")) {
      tasksAlone = true;
      query = asked();
      got = await answered(`internal/tasks?${query}`, {}, stop);
    }
    if (wanted() && got?.ok) {
      listening.receivedNow();
      take(got, String(query));
    } else if (wanted() && got?.status === 422 && chosen().page > 1) {
      // a page that only a cursor leads to
      turned(1);
      reader.soon();
    }
    return got;
  }

  function take({ body, at }, query) {
    const { page } = chosen();
    body.tasks ??= body.workflows;
    const { total } = body.pagination;
    const all = alone() ? summary.all : total;
    summary = { ...(body.summary ?? summary), all };
    if (isFront()) body.pagination.pages = 1;
    const { pages } = body.pagination;
    if (query !== readOf) hold.release();
    [answer, answerOf, readOf] = [body, `${page} ${listOf()}`, query];
    if (at) aheadMs = at - Date.now();
    items.take(body.tasks, at, hold.keys());
    if (pages === null) cursors()[page + 1] = body.cursor;
    else if (page > pages) {
      // the last page has become empty
      turned(pages);
      reader.soon();
    }
  }

  // What has a row, and the task that is next among those that have none.
  function inSight() {
    return [...items.shown]
      .filter(([key]) => rows.get(key) || key === folded?.first?.task_id)
      .map(([, item]) => item);
  }

  function showRow(item) {
    rows.get(keyOf(item))?.show(item, words());
    if (folded?.first === item) rows.get(FOLD)?.show(folded, words());
  }

  function turnFold() {
    unfolded = !unfolded;
    hold.release();
    draw();
  }

  function show(message) {
    const { task, changed } = items.receive(message);
    if (task) showRow(task);
    if (changed) reader.soon();
  }

  // An end whose message may come again becomes final by the service's time alone, of which no message
  // comes.
  function readWhenFinal() {
    clearTimeout(finalTimer);
    const open = [...items.shown.values()].filter(
      (item) => item.end_time && item.may_come_again_until && !item.final,
    );
    const left = Math.min(
      ...open.map((item) => Date.parse(item.may_come_again_until) - Date.now() - aheadMs),
    );
    if (open.length)
      finalTimer = setTimeout(reader.soon, Math.min(Math.max(left, FINAL_LOOK_MS), 60_000));
  }

  function everySecond() {
    listening.look();
    if (listening.state() !== "live") {
      reader.look();
      drawState();
      return;
    }
    for (const row of rows.all()) row.tick?.(words());
    const seen = inSight();
    for (const item of seen) if (detailsOf(item)) showRow(item);
    if (!document.hidden) readDetails(seen, showRow);
    // No message comes at the end of a publish.
    if (seen.some((item) => item.workflow_id && item.end_time === null)) reader.look();
  }

  // The network is back, or somebody looks again: now is the time to see how it is.
  function lookNow() {
    listening.look(true);
    reader.soon();
  }

  async function act(kind, name, item) {
    const { body, refusal: why } = await ask(kind, name, item, words());
    if (body && kind === TASK)
      show({ ...body, message: body.current_status, timestamp: body.updated_at });
    else if (body) {
      items.replace(body);
      reader.anew(); // a read that is under way may have been answered before
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

  // What no first row needs: in the frame after theirs; soon where no frame is drawn, in a tab that nobody
  // sees.
  function goOn() {
    begun = true;
    const rest = () => {
      if (drawn) return;
      drawn = true;
      listening.connect(ofSocket(chosen()));
      draw();
    };
    requestAnimationFrame(() => requestAnimationFrame(rest));
    setTimeout(rest, UNSEEN_MS);
  }

  // Those that wait behind one row, unless they are few, somebody has opened it, or looks for something.
  function foldedOrder(read, passes) {
    const waiting = isFront()
      ? read.filter((one) => items.shown.get(one)?.status === "created")
      : [];
    folded = null;
    if (waiting.length < LEAST || waiting.length === read.length || passes) return read;
    const count = Math.max(summary.created ?? 0, waiting.length);
    const first = items.shown.get(waiting[0]);
    folded = { fold: true, open: unfolded, count, first };
    const hidden = new Set(unfolded ? [] : waiting);
    return read.flatMap((one) => [
      ...(one === waiting[0] ? [FOLD] : []),
      ...(hidden.has(one) ? [] : [one]),
    ]);
  }

  function drawRows() {
    if (!begun && reader.outcome !== "none") goOn();
    const shown = new Map();
    const passes = matcher(chosen().text, words());
    const order = hold.order(foldedOrder((answer?.tasks ?? []).map(keyOf), passes));
    for (const one of drawn ? order : order.slice(0, FIRST)) {
      if (one === FOLD && folded) shown.set(one, folded);
      const item = items.shown.get(one);
      if (item) shown.set(one, item);
    }
    const has = ([, item]) => !passes || item.fold || passes(item);
    seen = new Set([...shown].filter(has).map(([one]) => one));
    const fold = shown.has(FOLD) ? 1 : 0;
    counted = { shown: seen.size - fold, all: shown.size - fold };
    rows.draw(shown, words());
    for (const one of shown.keys()) rows.get(one).element.hidden = !seen.has(one);
    hold.show(words());
    readWhenFinal();
  }

  // Those that are seen, each with its key: a task's id, or a line feed and a workflow's.
  const seenRows = () =>
    [...seen].filter((one) => one !== FOLD).map((one) => [one, rows.get(one).element]);

  const state = () => ({
    state: listening.state(),
    silent: listening.silent(),
    storeAway: reader.storeAway,
    refusal: reader.refusal,
  });
  // Whether there is a page in that direction, as far as is known.
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
    both: () => [...items.shown.values()].some((item) => item.workflow_id),
    more: () => isFront() && (answer?.pagination.total ?? 0) > answer?.tasks.length,
    isOfChosen: () => answer === null || answerOf === `${chosen().page} ${listOf()}`,
  };
}
