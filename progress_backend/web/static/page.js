// The list of tasks, with each workflow as one row that stands for its tasks, kept true by one socket.
// The list is read at once, when the socket opens, and again (at most once a second) when a message says
// that it changed: what was missed is never believed. Where the socket does not speak, it is read every
// few seconds instead.
import { ask } from "./acts.js";
import { makeChips } from "./chips.js";
import { answered, stayConnected } from "./live.js";
import { moment } from "./moment.js";
import { WORDS } from "./page_words.js";
import { placeOf, readPlaces } from "./places.js";
import { makeReader } from "./reading.js";
import { element, makeRow, TASK } from "./row.js";
import { connectedAnew, makeRows, makeTasks } from "./rows.js";
import { whenGiven } from "./token.js";
import { language, STATUSES } from "./words.js";
import { makeWorkflow } from "./workflow.js";
import { makeWorkflows } from "./workflows.js";

const LIMIT = 20, NOTICE_MS = 10_000, FINAL_LOOK_MS = 2_000;
const byId = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
let words = WORDS[language(asked.get("lang"))];
let filter = STATUSES.includes(asked.get("status")) ? asked.get("status") : null;
let owner = asked.get("owner") || null; // whose tasks alone are shown
let page = 1, answer = null;
let tasksAlone = false; // as a token for one type's tasks sees them: no workflows
let refusal = "", noticeTimer = null, finalTimer = null;
const tasks = makeTasks(), rows = makeRows(byId("table"), makeEither, byId("table").tHead);
const whose = element("button");
const reader = makeReader(read, draw), showFilters = makeChips(byId("filters"), choose);
const workflows = makeWorkflows({ rows: () => rows.all().filter((row) => row.due), done: draw });

// The row of a task or of a workflow; a workflow's id may be that of one of its tasks.
const key = (item) => (item.workflow_id ? `\n${item.workflow_id}` : item.task_id);

function makeEither(item) {
  if (item.workflow_id) return makeWorkflow(act, workflows.reader.anew);
  const row = makeRow(act);
  return { ...row, element: element("tbody", "task", row.element) };
}

// A workflow has no owner, either.
const alone = () => filter !== null || owner !== null;

// A workflow's status is computed from its tasks', so that no list of them can be asked for by it:
// who chooses a status sees all tasks that have it.
const readers = () => (alone() ? [reader] : [reader, workflows.reader]);

function readSoon() {
  for (const one of readers()) one.soon();
}

async function read(stop, wanted) {
  const query = new URLSearchParams({ page, limit: LIMIT });
  if (filter) query.set("status", filter);
  if (owner) query.set("owner", owner);
  if (!alone() && !tasksAlone) query.set("top", "true");
  let got = await answered(`internal/tasks?${query}`, {}, stop);
  if (got?.status === 403 && query.has("top")) {
    tasksAlone = true;
    query.delete("top");
    got = await answered(`internal/tasks?${query}`, {}, stop);
  }
  if (wanted() && got?.ok) {
    heardNow();
    take(got);
  }
  return got;
}

function take({ body, at }) {
  answer = body;
  tasks.take(body.tasks.filter((row) => !row.workflow_id), at);
  if (!alone()) workflows.take(body.tasks.filter((row) => row.workflow_id), at);
  if (page > body.pagination.pages) { // the last page has become empty
    page = body.pagination.pages;
    reader.soon();
  }
}

// Listening.
let live = null;

function heard(message) {
  if (message.type === "stale") {
    line.stale = true;
    drawState();
    readSoon();
    return;
  }
  if (message.type === "reload") {
    connectedAnew();
    readSoon();
    return;
  }
  heardNow();
  if (message.type === "heartbeat") {
    if (line.stale) readSoon();
    line.stale = false;
    drawState();
    return;
  }
  show(message);
}

function showRow(id) {
  const task = tasks.shown.get(id);
  if (task) rows.get(id)?.show(task, words);
}

function show(message) {
  const { task, changed } = tasks.hear(message);
  if (task) rows.get(task.task_id)?.show(task, words);
  if (changed) reader.soon();
  if (!alone()) workflows.hear(message);
}

// An end whose message may come again becomes final by the time alone, which no message tells. The
// browser's clock may be wrong: it is asked again now and then.
function readWhenFinal() {
  clearTimeout(finalTimer);
  const open = [...tasks.shown.values()].filter((task) => task.end_time && task.may_come_again_until && !task.final);
  const left = Math.min(...open.map((task) => Date.parse(task.may_come_again_until) - Date.now()));
  if (open.length) finalTimer = setTimeout(readSoon, Math.min(Math.max(left, FINAL_LOOK_MS), 60_000));
}

function connect() {
  live?.stop();
  line.socket = "opening";
  const query = chosen();
  live = stayConnected(`internal/ws/tasks${query.size ? `?${query}` : ""}`, {
    opened: () => {
      connectedAnew();
      line.socket = "open";
      line.stale = false;
      readSoon();
      drawState();
    },
    heard,
    lost: () => {
      line.socket = "lost";
      for (const one of readers()) one.lineLost();
      drawState();
    },
  });
}

// What is known of the line and of the store: `socket` opening, open, lost. The readers know the rest.
const line = { socket: "opening", stale: false };
let sinceHeard = null;

function heardNow() {
  sinceHeard = moment();
}

function connection() {
  const reads = readers().map(({ outcome }) => outcome);
  if (reads.some((read) => read === "unanswered" || read === "before")) return "away";
  if (reads.includes("none")) return "connecting";
  const read = reads.every((read) => read === "ok");
  if (read && line.socket === "open" && !line.stale) return "live";
  return read && line.socket === "opening" ? "connecting" : "stale";
}

function everySecond() {
  live.look();
  if (connection() !== "live") {
    for (const one of readers()) one.look();
    drawState();
    return;
  }
  for (const task of tasks.shown.values()) {
    if (task.estimated_completion || placeOf(task)) showRow(task.task_id);
  }
  if (!document.hidden) readPlaces(tasks.shown, showRow);
  if (alone()) return;
  if (workflows.open()) reader.look(); // no message tells the end of a publish
  for (const workflow of workflows.shown.values()) rows.get(key(workflow))?.show(workflow, words); // their ages
}

// The network is back, or somebody looks again: now is the time to see how it is.
function lookNow() {
  live.look(true);
  readSoon();
}

async function act(kind, name, item) {
  const { body, refusal: why } = await ask(kind, name, item, words);
  if (body && kind === TASK) show({ ...body, message: body.current_status, timestamp: body.updated_at });
  else if (body) {
    workflows.tell(body);
    reader.anew(); // a read that is under way may have been answered before
    draw();
  }
  if (why) {
    refuse(why);
    readSoon();
  }
}

function refuse(why) {
  refusal = why;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { refusal = ""; drawState(); }, NOTICE_MS);
  drawState();
}

function choose(status) {
  if (status === filter) return;
  filter = status;
  page = 1;
  remember();
  begin();
}

// What is chosen, as the API's lists and sockets take it.
function chosen() {
  return new URLSearchParams(Object.entries({ status: filter, owner }).filter(([, value]) => value));
}

function chooseOwner(name) {
  if (name === owner) return;
  owner = name;
  page = 1;
  remember();
  begin();
  draw();
}

function begin() {
  tasksAlone = false;
  connect();
  for (const one of readers()) one.anew();
}

function turn(pages) {
  page += pages;
  reader.anew();
}

// In the address, so that a reload or a bookmark shows the same.
function remember() {
  const query = new URLSearchParams();
  query.set("lang", words.code);
  for (const [name, value] of chosen()) query.set(name, value);
  history.replaceState(null, "", `?${query}`);
}

function drawState() {
  const state = connection(), fresh = state === "live" || state === "connecting";
  byId("connection").dataset.state = state;
  if (byId("connection").textContent !== words[state]) byId("connection").textContent = words[state];
  byId("heard").textContent = fresh || !sinceHeard ? "" : words.heard(Math.floor(sinceHeard() / 1000));
  document.body.dataset.fresh = fresh;
  const notice = readers().some(({ storeAway }) => storeAway) ? words.storeAway : refusal;
  if (byId("notice").textContent !== notice) byId("notice").textContent = notice;
  byId("notice").hidden = !notice;
}

function draw() {
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = words[place.dataset.text];
  drawState();
  showFilters(answer?.summary ?? null, filter, words);
  whose.hidden = owner === null;
  whose.textContent = whose.hidden ? "" : `${words.owner(owner)} ×`;
  whose.setAttribute("aria-label", whose.hidden ? "" : words.notOnly(owner));
  drawRows();
  readWhenFinal();
  byId("list").hidden &&= answer === null;
  byId("empty").hidden = answer?.tasks.length > 0;
  byId("table").hidden = !byId("empty").hidden;
  byId("empty").querySelector("p").textContent = filter ? words.nothing : owner ? words.noneOf(owner) : words.empty;
  byId("empty").querySelector("pre").textContent = alone() ? "" : words.example;
  const { pages = 1, total = 0 } = answer?.pagination ?? {};
  const both = !alone() && workflows.shown.size > 0;
  byId("paging").textContent = [pages > 1 && words.paging(page, pages), total > 0 && words[both ? "both" : "total"](total)]
    .filter(Boolean).join(" · ");
  byId("newer").hidden = byId("older").hidden = pages <= 1;
  byId("newer").disabled = page <= 1;
  byId("older").disabled = page >= pages;
  const running = answer?.summary.running ?? 0;
  document.title = running ? `${words.runningNow(running)} · ${words.title}` : words.title;
}

// Workflows that are not in the list keep their row while it is filtered, open as it was left.
function drawRows() {
  const shown = new Map();
  for (const read of answer?.tasks ?? []) {
    const item = (read.workflow_id ? workflows.shown : tasks.shown).get(read.task_id);
    if (item) shown.set(key(read), item);
  }
  const listed = new Set(alone() ? [] : shown.keys());
  for (const workflow of workflows.shown.values()) shown.set(key(workflow), workflow);
  rows.draw(shown, words);
  for (const workflow of workflows.shown.values()) rows.get(key(workflow)).element.hidden = !listed.has(key(workflow));
  if (!alone()) workflows.dueSoon();
}

function speak() {
  document.documentElement.lang = words.code;
  byId("filters").setAttribute("aria-label", words.status);
  byId("language").textContent = words.other;
  byId("language").lang = words.code === "ja" ? "en" : "ja";
  draw();
}

byId("filters").prepend(whose); // in sight where there is little room
whose.type = "button";
whose.className = "whose";
whose.onclick = () => chooseOwner(null);
byId("table").addEventListener("owner", ({ detail }) => chooseOwner(detail));
byId("docs").hidden = !byId("docs").getAttribute("href");
byId("language").onclick = () => { words = words === WORDS.ja ? WORDS.en : WORDS.ja; remember(); speak(); };
byId("newer").onclick = () => turn(-1);
byId("older").onclick = () => turn(1);
whenGiven(begin);
speak();
begin();
setInterval(everySecond, 1_000);
addEventListener("online", lookNow);
addEventListener("offline", readSoon);
document.addEventListener("visibilitychange", () => { if (!document.hidden) lookNow(); });
