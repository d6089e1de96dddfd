// The live page: what is chosen, and what stands around the list.
import { filtersOf, fromAddress, toAddress } from "./address.js";
import { listenAgain } from "./bell.js";
import { makeChips } from "./chips.js";
import { makeChosen } from "./chosen.js";
import { makeFilterMenu } from "./filter_menu.js";
import { settled } from "./filters.js";
import { makeHold } from "./hold.js";
import { makeList } from "./list.js";
import { WORDS } from "./page_words.js";
import { say } from "./dom.js";
import { showRunning } from "./running_icon.js";
import { makeSearch } from "./search.js";
import { makeSortMenu } from "./sort_menu.js";
import { makeStateLine } from "./state_line.js";
import { whenGiven } from "./token.js";
import { language } from "./words.js";

// The page appears with the list's first answer, that is with its rows, or after so long without.
const APPEARS_MS = 150;
const byId = (id) => document.getElementById(id);
let words = WORDS[language(new URLSearchParams(location.search).get("lang"))];
let { now: chosen, away } = fromAddress(); // away: filters that another one has displaced
let workers = null;
let selection = null; // the one once it was shown, the other while it is
let appeared = false;
let drawMenus = null; // once the first rows are on the screen
const line = makeStateLine(drawState);
const list = makeList(byId("table"), {
  chosen: () => chosen,
  words: () => words,
  turned: (page) => take({ ...chosen, page }, false),
  choose,
  refuse: line.refuse,
  draw,
  drawState,
  hold: makeHold(byId("held"), byId("news"), draw),
});
if (away.length) take(chosen, false);
list.begin(); // its answer is on its way while the rest is made
const showFilters = makeChips(byId("filters"), (status) => choose({ status }));
const showChosen = makeChosen(byId("filters"), choose);
const search = makeSearch(byId("search"), byId("found"), lookFor, (text) =>
  choose({ id_prefix: text, text: "" }),
);

function makeMenus() {
  const showSorts = makeSortMenu(byId("sort"), choose);
  const showMenu = makeFilterMenu(byId("more"), choose, list.clock);
  listenAgain(words);
  return () => {
    showSorts(chosen, words);
    showMenu(chosen, words);
    showRunning(list.answer()?.summary.running ?? 0, words);
  };
}

// Into the address as well.
function take(now, anew) {
  chosen = now;
  toAddress(chosen, words.code, anew);
}

function choose(filters) {
  if (Object.entries(filters).every(([name, value]) => chosen[name] === value)) return;
  const now = settled({ ...chosen, page: 1 }, filters);
  away = now.away;
  take(now.now, true);
  list.begin();
  draw();
}

// A value that was chosen in a row, which may have left by that.
function chooseIn({ target, detail }) {
  choose(detail);
  if (!target.checkVisibility())
    byId("filters")
      .querySelector(`[data-name="${Object.keys(detail)[0]}"]`)
      ?.focus();
}

function turn(pages) {
  if (!list.goesOn(pages)) return; // pressed again before the page was there
  take({ ...chosen, page: chosen.page + pages }, true);
  list.anew();
  draw();
}

// Letter by letter, of which Back needs only the first.
function lookFor(text) {
  take({ ...chosen, text }, !chosen.text);
  draw();
}

// Back or Forward.
function goThere() {
  const there = fromAddress();
  away = there.away;
  take(there.now, false);
  list.begin();
  draw();
}

function drawState() {
  line.show(words, list.state());
}

function draw() {
  const answer = list.answer();
  if (!appeared) {
    if (list.begun()) appear();
    return;
  }
  for (const place of document.querySelectorAll("[data-text]"))
    say(place, words[place.dataset.text]);
  drawState();
  showFilters(answer?.summary.created == null ? null : answer.summary, chosen.status, words);
  showChosen(chosen, words, away);
  list.drawRows();
  if (list.drawn()) (drawMenus ??= makeMenus())();
  const { shown, all } = list.counted();
  search.show(chosen.text, words, shown, all);
  byId("list").hidden &&= answer === null;
  byId("list").setAttribute("aria-busy", String(!list.isOfChosen()));
  byId("table").hidden = all === 0;
  byId("empty").hidden = all > 0;
  byId("tools").hidden = all === 0 && !list.alone() && !chosen.text;
  say(byId("empty").querySelector("p"), whyEmpty());
  say(byId("empty").querySelector("pre"), filtersOf(chosen).size ? "" : words.example);
  drawPaging(answer?.pagination ?? {});
  drawView();
  drawSelection();
}

// Another view than the list is loaded once somebody wants it.
function drawView() {
  const other = chosen.view === "workers";
  const entered = other && byId("workers").hidden;
  document.body.dataset.view = chosen.view ?? "";
  say(byId("view"), other ? words.tasksView : words.workersView);
  byId("view").href =
    `?${new URLSearchParams({ ...(!other && { view: "workers" }), lang: words.code })}`;
  byId("workers").hidden = !other;
  if (!other) return;
  workers ??= import("./workers.js").then(({ makeWorkers }) => makeWorkers(byId("workers")));
  workers.then((view) => {
    view.show(words);
    if (entered) view.begin();
  });
}

function changeView(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return; // in a tab of its own
  event.preventDefault();
  take({ ...chosen, view: chosen.view ? null : "workers" }, true);
  draw();
}

function everySecond() {
  list.everySecond();
  if (chosen.view) workers?.then((view) => view.tick());
}

async function select() {
  if (selection) return stopSelecting();
  const { makeSelection } = await import("./selection.js");
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
}

function drawSelection() {
  byId("select").hidden = Boolean(document.body.dataset.readOnly);
  byId("select").setAttribute("aria-pressed", String(selection !== null));
  byId("selection").hidden = selection === null || chosen.view !== null;
  byId("selection").setAttribute("aria-label", words.selectMany);
  document.body.dataset.selecting = selection ? "yes" : "";
  selection?.show(words);
}

function whyEmpty() {
  const filters = [...filtersOf(chosen).keys()];
  if (list.goesOn(1)) return words.lookFurther;
  if (filters.length > 1) return words.noneSuch;
  if (chosen.status) return words.nothing;
  return chosen.owner ? words.noneOf(chosen.owner) : filters.length ? words.noneSuch : words.empty;
}

// A list that is looked through has no numbers: only whether it goes on.
function drawPaging({ pages = 1, total = 0 }) {
  const { page } = chosen;
  const held = document.activeElement;
  const newer = byId("newer");
  const older = byId("older");
  const many = pages === null ? page > 1 || list.goesOn(1) : pages > 1;
  const all = total > 0 && words[list.both() ? "both" : "total"](total);
  say(byId("paging"), [many && words.paging(page, pages), all].filter(Boolean).join(" · "));
  newer.hidden = older.hidden = !many;
  byId("rest").hidden = !list.more();
  if (!list.isOfChosen()) return; // where it ends is known once it is there
  newer.disabled = page <= 1;
  older.disabled = !list.goesOn(1);
  // Who has turned to the last page by the keyboard goes on from the button that leads back.
  if (held === newer && newer.disabled) older.focus();
  if (held === older && older.disabled) newer.focus();
}

function appear() {
  appeared = true;
  for (const part of document.querySelectorAll("header, main")) part.hidden = false;
  speak();
}

function speak() {
  document.documentElement.lang = words.code;
  byId("filters").setAttribute("aria-label", words.status);
  byId("language").textContent = words.other;
  byId("language").lang = words.code === "ja" ? "en" : "ja";
  draw();
}

byId("table").addEventListener("choose", chooseIn);
byId("docs").hidden = !byId("docs").getAttribute("href");
byId("language").onclick = () => {
  words = words === WORDS.ja ? WORDS.en : WORDS.ja;
  take(chosen, false);
  speak();
};
byId("newer").onclick = () => turn(-1);
byId("older").onclick = () => turn(1);
byId("rest").onclick = () => choose({ sort: "newest" });
whenGiven(() => {
  list.begin();
  workers?.then((view) => view.begin());
});
setTimeout(() => {
  if (!appeared) appear();
}, APPEARS_MS);
byId("select").onclick = select;
addEventListener("keydown", (event) => {
  if (
    event.key === "Escape" &&
    !event.isComposing &&
    !event.defaultPrevented &&
    selection &&
    !document.querySelector("dialog[open]")
  )
    stopSelecting();
});
byId("view").onclick = changeView;
setInterval(everySecond, 1_000);
document.addEventListener("notice", ({ detail }) => line.refuse(detail));
addEventListener("popstate", goThere);
addEventListener("online", list.lookNow);
addEventListener("offline", list.soon);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) list.lookNow();
});
