// The list of tasks, kept true by one socket; and the workflows above it. The lists are read at once,
// when the socket opens, and again (at most once a second) when a message says that they changed: what
// was missed is never believed. Where the socket does not speak, they are read every few seconds
// instead.
import { ask } from "./acts.js";
import { makeChips } from "./chips.js";
import { answered, moment, stayConnected } from "./live.js";
import { makeReader } from "./reading.js";
import { makeRow, TASK } from "./row.js";
import { connectedAnew, makeRows, makeTasks } from "./rows.js";
import { language, STATUSES, WORDS } from "./words.js";
import { makeWorkflows } from "./workflows.js";

const LIMIT = 20, NOTICE_MS = 10_000, FINAL_LOOK_MS = 2_000;
const byId = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
let words = WORDS[language(asked.get("lang"))];
let filter = STATUSES.includes(asked.get("status")) ? asked.get("status") : null;
let page = 1, answer = null;
let refusal = "", noticeTimer = null, finalTimer = null;
const tasks = makeTasks(), rows = makeRows(byId("tasks"), () => makeRow(act));
const reader = makeReader(read, draw), showFilters = makeChips(byId("filters"), choose);
const workflows = makeWorkflows({ act, heard: heardNow, done: draw });

// A workflow's status is computed from its tasks', so that no list of them can be asked for by it:
// who chooses a status sees all tasks that have it.
const readers = () => (filter ? [reader] : [reader, workflows.reader]);

function readSoon() {
  for (const one of readers()) one.soon();
}

async function read(stop, wanted) {
  const query = new URLSearchParams({ page, limit: LIMIT });
  if (filter) query.set("status", filter);
  const got = await answered(`internal/tasks?${query}`, {}, stop);
  if (wanted() && got?.ok) {
    heardNow();
    take(got);
  }
  return got;
}

function take({ body, at }) {
  answer = body;
  tasks.take(body.tasks, at);
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

function show(message) {
  const { task, changed } = tasks.hear(message);
  if (task) rows.get(task.task_id)?.show(task, words);
  if (changed) reader.soon();
  if (!filter) workflows.hear(message, changed);
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
  live = stayConnected(`internal/ws/tasks${filter ? `?status=${filter}` : ""}`, {
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
  for (const task of tasks.shown.values()) if (task.estimate) rows.get(task.task_id)?.show(task, words);
  if (!filter) {
    workflows.look();
    workflows.draw(words, false); // their ages
  }
}

// The network is back, or somebody looks again: now is the time to see how it is.
function lookNow() {
  live.look(true);
  readSoon();
}

async function act(kind, name, item) {
  const { body, refusal: why } = await ask(kind, name, item, words);
  if (body && kind === TASK) show({ ...body, message: body.current_status, timestamp: body.updated_at });
  else if (body) workflows.show(body);
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
  if (filter) query.set("status", filter);
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
  rows.draw(tasks.shown, words);
  const more = workflows.draw(words, filter !== null);
  readWhenFinal();
  // Both at once: what somebody reads does not move down.
  byId("list").hidden &&= answer === null || readers().some(({ outcome }) => outcome === "none");
  byId("tasks-head").hidden = !more || tasks.shown.size === 0;
  byId("empty").hidden = more || tasks.shown.size > 0;
  byId("table").hidden = !byId("empty").hidden;
  byId("empty").querySelector("p").textContent = filter ? words.nothing : words.empty;
  byId("empty").querySelector("pre").textContent = filter ? "" : words.example;
  const { pages = 1, total = 0 } = answer?.pagination ?? {};
  byId("paging").textContent = [pages > 1 && words.paging(page, pages), total > 0 && words.total(total)]
    .filter(Boolean).join(" · ");
  byId("newer").hidden = byId("older").hidden = pages <= 1;
  byId("newer").disabled = page <= 1;
  byId("older").disabled = page >= pages;
  const running = answer?.summary.running ?? 0;
  document.title = running ? `${words.runningNow(running)} · ${words.title}` : words.title;
}

function speak() {
  document.documentElement.lang = words.code;
  byId("filters").setAttribute("aria-label", words.status);
  byId("language").textContent = words.other;
  byId("language").lang = words.code === "ja" ? "en" : "ja";
  draw();
}

byId("docs").hidden = !byId("docs").getAttribute("href");
byId("language").onclick = () => { words = words === WORDS.ja ? WORDS.en : WORDS.ja; remember(); speak(); };
byId("newer").onclick = () => turn(-1);
byId("older").onclick = () => turn(1);
speak();
connect();
for (const one of readers()) one.anew();
setInterval(everySecond, 1_000);
addEventListener("online", lookNow);
addEventListener("offline", readSoon);
document.addEventListener("visibilitychange", () => { if (!document.hidden) lookNow(); });
