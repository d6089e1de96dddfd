// The list of tasks, with one row for each workflow in place of its tasks. It is read at once, when the WebSocket
// opens, and (at most once a second) when a message reports a change; without a live WebSocket, every few seconds.
import { ask } from "./acts.js";
import { filtersOf, ofSocket } from "./address.js";
import { LEAST, makeFold } from "./waiting_row.js";
import { makeListening } from "./listening.js";
import { answered } from "./live.js";
import { detailsOf, readDetails } from "./details.js";
import { LONGEST_PAUSE_MS, makeReader } from "./reading.js";
import { makeRow } from "./row.js";
import { TASK } from "./task.js";
import { keyOf, makeItems, makeRows } from "./rows.js";
import { matcher } from "./search.js";
import { WORKFLOW } from "./workflow.js";

const LIMIT = 20;
const FINAL_LOOK_MS = 2_000;
const HIDDEN_MS = 300;
const DELETED_MS = 30_000;
const MOST_LISTS = 20;
// Rows of the first frame: a small window shows no more. The others are drawn in the next frame.
const FIRST = 6;

const FOLD = "\twaiting"; // the key of the row that replaces the waiting tasks

// chosen() and words() return the user's choices and the texts. turned(page) is called when another page has to be
// shown, refuse(why) when an act was refused; draw() and drawState() draw the page around the rows.
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
  let summary = {}; // the number of tasks per status, without filters
  let readOf = "";
  let finalTimer = null;
  let counted = { shown: 0, all: 0 };
  let aheadMs = 0; // the API's clock, minus this browser's
  const starts = new Map(); // a list -> the cursors of its pages, if these are not numbered
  let begun = false; // the first rows are drawn
  let drawn = false; // all rows are drawn
  let folded = null; // the item of the row FOLD
  let seen = new Set(); // the keys of the visible rows, in order
  let tasksAlone = false; // the token permits no list of workflows
  let unfolded = false; // the user has expanded the row FOLD

  function makeEither(item) {
    if (item.fold) return makeFold(turnFold);
    return makeRow(act, item.workflow_id ? WORKFLOW : TASK);
  }

  // With a filter the list has all matching tasks and no workflows: a workflow's status is computed from its tasks, and
  // it has no owner, so there is no index of them.
  const alone = () => areFlows() || filtersOf(chosen()).size > 0 || chosen().sort === "ended";

  // The view "Workflows", which has no filters.
  const areFlows = () => chosen().view === "workflows";

  // The default list: running tasks first, waiting ones as one row, then the ended ones.
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

  async function read(stop, wanted) {
    let query = listQuery();
    const path = areFlows() ? "internal/workflows" : "internal/tasks";
    let got = await answered(`${path}?${query}`, {}, stop);
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

  // The items that have a row, and the next waiting task, which the row FOLD shows.
  function shownItems() {
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

  // An ended task that may be redelivered becomes final at may_come_again_until, without a WebSocket message: the list
  // is read then.
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
    const seen = shownItems();
    for (const item of seen) if (detailsOf(item)) showRow(item);
    if (!document.hidden) readDetails(seen, showRow);
    // No WebSocket message reports the end of a workflow's publishing, or that a record is deleted or has expired.
    const publishes = seen.some((item) => item.workflow_id && item.end_time === null);
    reader.look(publishes ? LONGEST_PAUSE_MS : DELETED_MS);
  }

  // Called when the network is back, or the tab is visible again.
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

  // Puts FOLD in place of the waiting tasks, unless these are few, or the user searches.
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
    if (!begun && reader.outcome !== "none") drawRest();
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

  // The visible rows as [key, element]; keyOf() makes the keys.
  const seenRows = () =>
    [...seen].filter((one) => one !== FOLD).map((one) => [one, rows.get(one).element]);

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
    both: () => [...items.shown.values()].some((item) => item.workflow_id),
    more: () => isFront() && (answer?.pagination.total ?? 0) > answer?.tasks.length,
    isOfChosen: () => answer === null || answerOf === `${chosen().page} ${listOf()}`,
  };
}
