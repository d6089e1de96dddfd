// The live page: the user's choices, and all parts around the list.
import { FILTERS, filtersOf, fromAddress, recordOf, RECORDS, toAddress } from "./address.js";
import { makeCauses } from "./causes.js";
import { makeChips } from "./chips.js";
import { saveList } from "./csv.js";
import { makeChosen } from "./chosen.js";
import { settled } from "./filters.js";
import { makeCopy } from "./copy.js";
import { makeFrame } from "./frame.js";
import { makeHold } from "./hold.js";
import { makeList } from "./list.js";
import { byId, say } from "./dom.js";
import { joined, words } from "./page_words.js";
import { makePanel } from "./panel.js";
import { makePages } from "./rows.js";
import { makeSearch } from "./search.js";
import { makeSelection } from "./selection.js";
import { makeSortMenu } from "./sort_menu.js";
import { makeStateLine } from "./state_line.js";
import { makeStrip } from "./strip.js";
import { whenGiven } from "./token.js";
import { pageOf } from "./task.js";
import { makeWorkers } from "./workers.js";

// The page is hidden until the list's first response, so that it appears with its rows, but no longer than this.
const APPEARS_MS = 150;
// In a window of at least this width a record opens in the panel next to the list.
const ROOM = matchMedia("(min-width: 50rem)");
const KEYS = {
  "/": toSearch,
  j: () => goBy(1),
  k: () => goBy(-1),
  y: () => rowNow()?.querySelector(".copy").click(),
  ArrowDown: () => opened() && goBy(1),
  ArrowUp: () => opened() && goBy(-1),
  Escape: () => (selection ? stopSelecting() : opened() && closePanel()),
};
const markTab = makeFrame(KEYS);
let chosen = fromAddress();
let workers = null;
let strip = null;
let panel = null;
let first = new URLSearchParams(location.search).has("case"); // opens the record of the first row
let inPanel; // the record as last drawn
let selection = null; // while tasks are selected
let appeared = false;
const line = makeStateLine(drawState);
const hold = makeHold(byId("held"), byId("news"), draw);
const causes = makeCauses(byId("causes"), () => list.soon());
const list = makeList(byId("table"), {
  chosen: () => chosen,
  turned: (page) => take({ ...chosen, page }, false),
  refuse: line.refuse,
  draw,
  drawState,
  hold,
  beside: () => causes.read(chosen),
});
list.begin(); // the request runs while the other parts are made
const KINDS = Object.keys(words.warnings);
const chip = (name) =>
  choose(KINDS.includes(name) ? { status: null, warning: name } : { status: name });
const showFilters = makeChips(byId("filters"), chip, true, KINDS);
const showSorts = makeSortMenu(byId("sort"), choose);
const showChosen = makeChosen(byId("filters"), choose);
const turning = makePages(turn);
turning.text.id = "paging";
byId("rest").before(turning.newer, turning.text);
byId("rest").after(turning.older);
const search = makeSearch(byId("search"), byId("found"), { typed: searchFor, choose, find });

byId("shared").append(makeCopy("", () => location.href, words.copyLink));

function drawTitle() {
  const running = strip?.running(list.summary());
  const name = byId("name");
  const names = [...filtersOf(chosen)].map(([name, value]) => words.only[name](value));
  byId("table").ariaLabel = names.join(" · ");
  const called = names.length && chosen.name ? [chosen.name] : names;
  document.title = joined(
    " · ",
    running && words.counted(running, words.running),
    ...called,
    words.title,
  );
  name.hidden = !names.length;
  say(byId("called"), name.hidden ? "" : (chosen.name ?? ""));
  if (document.activeElement !== name) name.value = chosen.name ?? "";
}

// Sets the choices and the URL; `push` adds an entry to the history.
function take(now, push) {
  chosen = now;
  toAddress(chosen, words.code, push);
}

function choose(filters) {
  if (Object.entries(filters).every(([name, value]) => chosen[name] === value)) return;
  const name = FILTERS.some((one) => one in filters) ? null : chosen.name;
  take(settled({ ...chosen, page: 1, name }, filters), !(chosen.text && filters.text === "")); // Back skips the typing of a suggestion
  list.begin();
  draw();
}

// Handles the event of a row's filter button. The filter may hide that row, which takes the focus with it.
function chooseIn({ target, detail }) {
  choose(detail);
  if (!target.checkVisibility())
    byId("filters")
      .querySelector(`[data-name="${Object.keys(detail)[0]}"]`)
      ?.focus();
}

function turn(pages) {
  if (!list.goesOn(pages)) return; // pressed again before the page was read
  take({ ...chosen, page: chosen.page + pages }, true);
  scrollTo(0, 0);
  list.anew();
  draw();
}

// Called for each letter, but only the first one adds an entry to the history.
function searchFor(text) {
  take({ ...chosen, text }, !chosen.text);
  draw();
}

function restoreFromUrl() {
  take(fromAddress(), false);
  list.begin();
  draw();
}

function drawState() {
  line.show(list.state());
}

function draw() {
  const answer = list.answer();
  if (!appeared) {
    if (list.begun()) appear();
    return;
  }
  drawState();
  const filters = filtersOf(chosen).size;
  const filtered = filters > (chosen.status ? 1 : 0); // the counts are those of all tasks
  const { created } = list.summary();
  showChosen(chosen);
  const counts = { ...strip?.workers().found, ...list.summary() };
  showFilters(filtered || created == null ? null : counts, chosen.status);
  strip?.show(list.summary());
  say(byId("when"), strip?.whenText(list.summary(), chosen) ?? "");
  list.drawRows();
  if (!hold.keys().length) causes.show(chosen); // else the rows would move
  showSorts(chosen);
  drawTitle();
  if (list.drawn() && !strip) {
    strip = makeStrip(byId("strip"), draw);
    strip.begin();
  }
  const { shown, all } = list.counted();
  const types = (!filters && counts.types) || []; // with a filter they may find nothing
  search.show(chosen.text, shown, all, answer?.tasks ?? [], types);
  byId("list").hidden &&= answer === null;
  document.querySelector("footer").hidden = !list.drawn(); // the rows of the second frame would move it
  byId("list").ariaBusy = !list.isOfChosen();
  byId("table").hidden = all === 0;
  byId("empty").hidden = all > 0;
  byId("filters").hidden = answer !== null && all === 0 && !list.alone();
  byId("tools").hidden = all === 0 && (list.areFlows() || !list.alone()) && !chosen.text;
  say(byId("empty").querySelector("p"), whyEmpty());
  byId("clear").hidden = !filtersOf(chosen).size;
  say(byId("empty").querySelector("pre"), list.alone() ? "" : words.example);
  drawPaging(answer?.pagination ?? {});
  drawView();
  if (first && list.isOfChosen() && list.seenRows().length) openFirst();
  if (location.hash && !byId("tools").hidden) {
    take(chosen, false); // without the hash, which a record's page has added
    toSearch();
  }
  drawPanel();
  drawSelection();
}

// The workers' view is made, and its style sheet loaded, when it is opened.
function drawView() {
  const view = chosen.view ?? "";
  document.body.dataset.view = view;
  markTab(view);
  byId("workers").hidden = view !== "workers";
  if (byId("workers").hidden) return;
  workers ??= makeWorkers(byId("workers"));
  workers.then((one) => strip && one.show(strip.workers()));
}

// [kind, id] of the record in the panel.
const opened = () => RECORDS.filter((kind) => chosen[kind]).map((kind) => [kind, chosen[kind]])[0];

function show(kind, id, push) {
  take({ ...chosen, task: null, workflow: null, [kind]: id }, push);
  draw();
}

function open(...record) {
  show(...record);
  byId("panel").focus({ preventScroll: true });
}

function openFirst() {
  first = false;
  const link = list.seenRows()[0][1].querySelector(".open");
  if (opened()) return;
  if (ROOM.matches) open(...recordOf(link), false);
  else location.replace(link.href);
}

function closePanel() {
  take({ ...chosen, task: null, workflow: null }, true);
  draw();
  return true;
}

// The row of the record in the panel, else the focused row.
const rowNow = () =>
  byId("table").querySelector('[aria-current="true"]') ?? document.activeElement.closest("tr");

function rowBy(many) {
  const rows = list.seenRows().map(([, row]) => row);
  const at = rows.indexOf(rowNow());
  return at < 0 ? rows[many > 0 ? 0 : rows.length - 1] : rows[at + many];
}

function goBy(many) {
  const row = rowBy(many);
  if (row && opened()) show(...recordOf(row.querySelector(".open")), false);
  else row?.querySelector(".open").focus();
  row?.scrollIntoView({ block: "nearest" });
  return Boolean(row);
}

function toSearch() {
  byId("search").focus();
  return true;
}

// In a wide window a link to a record opens the panel.
function follow(event) {
  const { ctrlKey, metaKey, shiftKey, altKey, button } = event;
  const record = recordOf(event.target.closest?.("a"));
  const elsewhere = ctrlKey || metaKey || shiftKey || altKey || button > 0;
  if (!record || elsewhere || event.target.closest(".own-page") || !ROOM.matches) return;
  event.preventDefault();
  open(...record, !opened());
}

// Opens the task with this id, in a narrow window on its own page.
function find(id) {
  take({ ...chosen, text: "" }, false);
  if (ROOM.matches) open("task", id, true);
  else location.href = pageOf("task", id);
}

// The row or the worker's task that leads to a record.
const linkTo = (record) =>
  [...document.querySelectorAll("main a")].find(
    (one) => one.checkVisibility() && String(recordOf(one)) === String(record),
  );

function drawPanel() {
  const [was, [kind, id]] = [inPanel, (inPanel = opened()) ?? []];
  const held = byId("panel").contains(document.activeElement);
  const key = kind === "workflow" ? `\n${id}` : id;
  byId("panel").hidden = !kind;
  document.body.dataset.panel = kind ?? "";
  for (const [one, row] of list.seenRows()) row.ariaCurrent = one === key ? "true" : null;
  if (!kind) {
    if (was && held) (linkTo(was) ?? byId("list")).focus({ preventScroll: true });
    return panel?.then((one) => one.end());
  }
  panel ??= makePanel(byId("panel"), { go: goBy, close: closePanel, refuse: line.refuse });
  panel.then((one) => {
    const [now, its] = opened() ?? [];
    if (now) one.show(now, its);
  });
}

function changeView(event) {
  const { view } = event.target.dataset;
  if (view === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return; // the browser opens a new tab
  event.preventDefault();
  choose({ view: view || null });
}

function everySecond() {
  list.everySecond();
  if (!document.hidden) strip?.look();
}

function select() {
  if (selection) return stopSelecting();
  selection = makeSelection(byId("selection"), {
    rows: list.seenRows,
    filters: () => (filtersOf(chosen).size ? Object.fromEntries(filtersOf(chosen)) : null),
    total: () => list.answer()?.pagination.total ?? null,
    acted: list.soon,
    over: stopSelecting,
  });
  draw();
  byId("selection").querySelector("button").focus();
}

function stopSelecting() {
  selection.leave();
  selection = null;
  draw();
  byId("select").focus();
  return true;
}

function drawSelection() {
  byId("select").hidden = Boolean(document.body.dataset.readOnly);
  byId("csv").hidden = list.areFlows();
  byId("select").ariaPressed = selection !== null;
  byId("selection").hidden = selection === null || chosen.view === "workers";
  document.body.dataset.selecting = selection ? "yes" : "";
  selection?.show();
}

function whyEmpty() {
  if (list.goesOn(1)) return words.lookFurther;
  if (list.areFlows()) return words.noWorkflows;
  return filtersOf(chosen).size ? words.noneSuch : words.empty;
}

function drawPaging({ pages = 1, total = 0 }) {
  const tasks = Object.values(list.summary()).reduce((sum, one) => sum + one, 0);
  const rows = list.areFlows() ? "workflows" : list.alone() || tasks === total ? "total" : "rows";
  const of = chosen.id_prefix || chosen.symbol_prefix ? "among" : rows;
  const all = total > 0 && words[of](total, tasks);
  byId("rest").hidden = !list.more();
  const { page } = chosen;
  turning.show({ page, pages, more: list.goesOn(1), all, known: list.isOfChosen() });
}

function appear() {
  appeared = true;
  for (const part of document.querySelectorAll("header, main")) part.hidden = false;
  draw();
}

document.addEventListener("choose", chooseIn);
document.addEventListener("click", follow);
byId("rest").onclick = () => choose({ sort: "newest" });
whenGiven(() => {
  list.begin();
  strip?.begin();
  panel?.then((one) => one.begin());
});
setTimeout(() => {
  if (!appeared) appear();
}, APPEARS_MS);
byId("clear").onclick = () => {
  choose({ ...Object.fromEntries(FILTERS.map((name) => [name, null])), text: "" });
  byId("list").focus(); // the button is hidden with the next rows
};
byId("filters").ariaLabel = words.status;
byId("csv").title = words.csvHow;
byId("select").onclick = select;
byId("name").placeholder = byId("name").ariaLabel = words.nameIt;
byId("name").onchange = ({ target }) => {
  take({ ...chosen, name: target.value.trim() }, true);
  drawTitle();
};
byId("tabs").onclick = changeView;
byId("csv").onclick = async () => {
  byId("csv").disabled = true;
  const why = await saveList(Object.fromEntries(filtersOf(chosen)));
  byId("csv").disabled = false;
  if (why) line.refuse(why);
};
setInterval(everySecond, 1_000);
document.addEventListener("notice", ({ detail }) => line.refuse(detail));
addEventListener("popstate", restoreFromUrl);
addEventListener("online", list.lookNow);
addEventListener("offline", list.soon);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) list.lookNow();
});
