// The list of tasks, kept true by one socket. The list is read when the socket opens, and again
// (at most once a second) when a message says that it changed: what was missed is never believed.
import { makeRow, nameOf, normalized } from "./row.js";
import { socketUrl, stayConnected } from "./live.js";
import { language, STATUSES, WORDS } from "./words.js";

const LIMIT = 20, READ_AGAIN_MS = 1_000, NOTICE_MS = 10_000, FINAL_LOOK_MS = 2_000;
const byId = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
let words = WORDS[language(asked.get("lang"))];
let filter = STATUSES.includes(asked.get("status")) ? asked.get("status") : null;
let page = 1, answer = null, shown = new Map();
let stop = null, timer = null, finalTimer = null, reads = 0, readAt = 0, noticeTimer = null;
let connection = "connecting", storeAway = false, refusal = "";
const rows = new Map();

async function read() {
  clearTimeout(timer);
  timer = null;
  readAt = Date.now();
  const mine = ++reads;
  const query = new URLSearchParams({ page, limit: LIMIT });
  if (filter) query.set("status", filter);
  const response = await fetch(`internal/tasks?${query}`).catch(() => null);
  const body = response?.ok ? await response.json().catch(() => null) : null;
  if (mine !== reads) return; // a later read knows better
  storeAway = response?.status === 503;
  if (body) take(body);
  else readSoon();
  if (connection !== "away") connection = body ? "live" : "stale";
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

function readSoon() {
  timer ??= setTimeout(read, Math.max(0, readAt + READ_AGAIN_MS - Date.now()));
}

// Counts connections: what an earlier one told may be of a store that came back older.
let epoch = 0;

function heard(message) {
  if (message.type === "reload") {
    epoch += 1;
    readSoon();
    return;
  }
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
  stop?.();
  const query = filter ? `?status=${filter}` : "";
  stop = stayConnected(socketUrl(`internal/ws/tasks${query}`), {
    opened: () => {
      epoch += 1;
      if (connection === "away") connection = "connecting";
      read();
    },
    heard,
    lost: () => { connection = "away"; drawState(); },
  });
}

async function act(name, task) {
  if (name === "cancel" && !(await isSure(task))) return;
  const path = `internal/task/${encodeURIComponent(task.task_id)}`;
  const [method, target, body] = name === "cancel"
    ? ["POST", "cancel", {}] : ["PUT", "update", { status: name === "pause" ? "paused" : "running" }];
  const response = await fetch(`${path}/${target}`, {
    method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  }).catch(() => null);
  const said = await response?.json().catch(() => null);
  if (response?.ok) {
    heard({ ...said, message: said.current_status, timestamp: said.updated_at });
  } else {
    refuse(response ? words.refused(text(said?.detail ?? response.status)) : words.away);
    readSoon();
  }
}

const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));

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
  read();
}

function turn(pages) {
  page += pages;
  read();
}

// In the address, so that a reload or a bookmark shows the same.
function remember() {
  const query = new URLSearchParams();
  query.set("lang", words.code);
  if (filter) query.set("status", filter);
  history.replaceState(null, "", `?${query}`);
}

function drawState() {
  byId("connection").dataset.state = connection;
  byId("connection").textContent = words[connection];
  document.body.dataset.fresh = connection === "live" || connection === "connecting";
  const notice = storeAway ? words.storeAway : refusal;
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
  for (const [taskId, row] of rows) {
    if (!shown.has(taskId)) {
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
