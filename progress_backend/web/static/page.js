// The list of tasks, kept true by one socket. The list is read at once, when the socket opens, and
// again (at most once a second) when a message says that it changed: what was missed is never
// believed. Where the socket does not speak, the list is read every few seconds instead.
import { makeRow, nameOf, normalized } from "./row.js";
import { answered, moment, stayConnected } from "./live.js";
import { language, STATUSES, WORDS } from "./words.js";

const LIMIT = 20, READ_AGAIN_MS = 1_000, LONGEST_PAUSE_MS = 5_000, NOTICE_MS = 10_000, FINAL_LOOK_MS = 2_000;
const byId = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
let words = WORDS[language(asked.get("lang"))];
let filter = STATUSES.includes(asked.get("status")) ? asked.get("status") : null;
let page = 1, answer = null, shown = new Map();
let refusal = "", noticeTimer = null, finalTimer = null;
const rows = new Map();

// Reading: one read at a time, so that on a slow line each answer still counts.
let reading = null, readAgain = false, timer = null, sinceRead = null, failures = 0;

// What is asked for is another: an answer that is under way is wanted no more.
function readAnew() {
  reading?.abort();
  reading = null;
  read();
}

function readSoon() {
  if (reading) readAgain = true;
  else timer ??= setTimeout(read, Math.max(0, pauseMs() - (sinceRead?.() ?? Infinity)));
}

const pauseMs = () => Math.min(READ_AGAIN_MS * 2 ** failures, LONGEST_PAUSE_MS);

async function read() {
  clearTimeout(timer);
  timer = null;
  readAgain = false;
  sinceRead = moment();
  const mine = reading = new AbortController();
  const query = new URLSearchParams({ page, limit: LIMIT });
  if (filter) query.set("status", filter);
  const got = await answered(`internal/tasks?${query}`, {}, mine);
  if (mine !== reading) return;
  reading = null;
  line.read = got?.ok ? "ok" : got ? "refused" : "unanswered";
  line.storeAway = got?.status === 503;
  failures = got?.ok ? 0 : failures + 1;
  if (got?.ok) {
    heardNow();
    take(got.body);
  }
  if (!got?.ok || readAgain) readSoon();
  draw();
}

function take(body) {
  answer = body;
  shown = new Map(body.tasks.map((task) => [task.task_id, newer(normalized(task), shown.get(task.task_id))]));
  if (page > body.pagination.pages) { // the last page has become empty
    page = body.pagination.pages;
    readSoon();
  }
}

function newer(read, known) {
  const later = known && known.created_at === read.created_at && known.revision > read.revision;
  return later && known.epoch === epoch ? known : read;
}

// Listening.
let live = null;
// Counts connections: what an earlier one told may be of a store that came back older.
let epoch = 0;

function heard(message) {
  if (message.type === "stale") {
    line.stale = true;
    drawState();
    readSoon();
    return;
  }
  if (message.type === "reload") {
    epoch += 1;
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
  const known = shown.get(message.task_id);
  // Of another creation it is another record: the store was emptied, or the id published again.
  const another = known && message.created_at !== known.created_at;
  if (known && (another || message.revision > known.revision)) {
    const task = { ...known, ...normalized(message), epoch };
    shown.set(task.task_id, task);
    rows.get(task.task_id)?.show(task, words);
  }
  if (!known || another || known.status !== message.status || message.revision < known.revision) readSoon();
}

// An end whose message may come again becomes final by the time alone, which no message tells. The
// browser's clock may be wrong: it is asked again now and then.
function readWhenFinal() {
  clearTimeout(finalTimer);
  const open = [...shown.values()].filter((task) => task.end_time && task.may_come_again_until && !task.final);
  const left = Math.min(...open.map((task) => Date.parse(task.may_come_again_until) - Date.now()));
  if (open.length) finalTimer = setTimeout(readSoon, Math.min(Math.max(left, FINAL_LOOK_MS), 60_000));
}

function connect() {
  live?.stop();
  line.socket = "opening";
  live = stayConnected(`internal/ws/tasks${filter ? `?status=${filter}` : ""}`, {
    opened: () => {
      epoch += 1;
      line.socket = "open";
      line.stale = false;
      readSoon();
      drawState();
    },
    heard,
    lost: () => {
      line.socket = "lost";
      if (line.read === "ok") line.read = "before";
      readSoon();
      drawState();
    },
  });
}

// What is known of line, service and store: `socket` opening, open, lost · `read` the last one: none
// yet, ok, before the line was lost, refused (an answer that is no list), unanswered.
const line = { socket: "opening", read: "none", stale: false, storeAway: false };
let sinceHeard = null;

function heardNow() {
  sinceHeard = moment();
}

function connection() {
  if (line.read === "unanswered" || line.read === "before") return "away";
  if (line.read === "none") return "connecting";
  if (line.read === "ok" && line.socket === "open" && !line.stale) return "live";
  return line.read === "ok" && line.socket === "opening" ? "connecting" : "stale";
}

function everySecond() {
  live.look();
  if (connection() === "live") return;
  if (!reading && sinceRead() > LONGEST_PAUSE_MS) read();
  drawState();
}

// The network is back, or somebody looks again: now is the time to see how it is.
function lookNow() {
  live.look(true);
  readSoon();
}

async function act(name, task) {
  if (name === "cancel" && !(await isSure(task))) return;
  const path = `internal/task/${encodeURIComponent(task.task_id)}`;
  const [method, target, body] = name === "cancel"
    ? ["POST", "cancel", {}] : ["PUT", "update", { status: name === "pause" ? "paused" : "running" }];
  const got = await answered(`${path}/${target}`, {
    method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  if (got?.ok) {
    show({ ...got.body, message: got.body.current_status, timestamp: got.body.updated_at });
  } else {
    refuse(got ? words.refused(whyNot(got)) : words.unanswered);
    readSoon();
  }
}

// What is usual is said in the page's words; anything else as the service says it.
function whyNot({ status, body }) {
  if (status === 409 && STATUSES.includes(body?.status)) return words.isNow(words[body.status]);
  if (status === 404) return words.gone;
  if (status === 503) return words.noAnswer;
  const detail = body?.detail ?? status;
  return typeof detail === "string" ? detail : JSON.stringify(detail);
}

function isSure(task) {
  const dialog = byId("sure");
  byId("sure-what").textContent = words.sure(nameOf(task));
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => { dialog.onclose = () => resolve(dialog.returnValue === "yes"); });
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
  readAnew();
}

function turn(pages) {
  page += pages;
  readAnew();
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
  const notice = line.storeAway ? words.storeAway : refusal;
  if (byId("notice").textContent !== notice) byId("notice").textContent = notice;
  byId("notice").hidden = !notice;
}

const filters = [null, ...STATUSES].map((status) => {
  const button = document.createElement("button"), label = document.createElement("span");
  const count = document.createElement("b");
  button.type = "button";
  button.dataset.filter = status ?? "all";
  button.onclick = () => choose(status);
  button.append(label, " ", count);
  return { status, button, label, count };
});

function drawFilters() {
  const counts = answer?.summary ?? {};
  const all = STATUSES.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
  for (const { status, button, label, count } of filters) {
    button.setAttribute("aria-pressed", String(filter === status));
    label.textContent = words[status ?? "all"];
    count.textContent = answer ? words.number(status ? counts[status] : all) : "";
  }
}

function drawRows() {
  let orphan = null; // who stood in a row that leaves goes on from the next one
  for (const [taskId, row] of rows) {
    if (!shown.has(taskId)) {
      if (row.element.contains(document.activeElement)) orphan = row.element.nextElementSibling;
      row.element.remove();
      rows.delete(taskId);
    }
  }
  let place = byId("tasks").firstElementChild;
  for (const [taskId, task] of shown) {
    const row = rows.get(taskId) ?? makeRow(act);
    rows.set(taskId, row);
    row.show(task, words);
    if (row.element === place) place = place.nextElementSibling;
    else byId("tasks").insertBefore(row.element, place);
  }
  if (orphan?.isConnected) orphan.focus();
}

function draw() {
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = words[place.dataset.text];
  drawState();
  drawFilters();
  drawRows();
  readWhenFinal();
  byId("list").hidden = answer === null;
  byId("empty").hidden = shown.size > 0;
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

byId("filters").append(...filters.map(({ button }) => button));
byId("docs").hidden = !byId("docs").getAttribute("href");
byId("language").onclick = () => { words = words === WORDS.ja ? WORDS.en : WORDS.ja; remember(); speak(); };
byId("newer").onclick = () => turn(-1);
byId("older").onclick = () => turn(1);
byId("sure-no").onclick = () => byId("sure").close("");
byId("sure-yes").onclick = () => byId("sure").close("yes");
speak();
connect();
read();
setInterval(everySecond, 1_000);
addEventListener("online", lookNow);
addEventListener("offline", readSoon);
document.addEventListener("visibilitychange", () => { if (!document.hidden) lookNow(); });
