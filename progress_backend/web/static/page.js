// The list of tasks, kept true by one socket. The list is read when the socket opens, and again
// (at most once a second) when a message says that it changed: what was missed is never believed.
import { normalized, row } from "./row.js";
import { socketUrl, stayConnected } from "./live.js";
import { language, STATUSES, WORDS } from "./words.js";

const LIMIT = 20, READ_AGAIN_MS = 1_000;
const byId = (id) => document.getElementById(id);
let words = WORDS[language()];
let filter = null, page = 1, answer = null, shown = new Map(), stop = null, timer = null, asked = 0;
let connection = "connecting";

async function read() {
  timer = null;
  const mine = ++asked;
  const query = new URLSearchParams({ page, limit: LIMIT });
  if (filter) query.set("status", filter);
  try {
    const response = await fetch(`internal/tasks?${query}`);
    if (mine !== asked) return;
    if (!response.ok) throw new Error(String(response.status));
    answer = await response.json();
    if (mine !== asked) return;
    shown = new Map(answer.tasks.map((task) => [task.task_id, newer(normalized(task), shown.get(task.task_id))]));
    notice("");
  } catch {
    if (mine !== asked) return;
    notice(words.storeAway);
    readSoon();
  }
  draw();
}

function newer(read, known) {
  const later = known && known.created_at === read.created_at && known.revision > read.revision;
  return later ? known : read;
}

function readSoon() {
  timer ??= setTimeout(read, READ_AGAIN_MS);
}

function heard(message) {
  const known = shown.get(message.task_id);
  if (known) {
    const task = { ...known, ...normalized(message) };
    shown.set(message.task_id, task);
    const there = byId("tasks").querySelector(`tr[data-task-id="${CSS.escape(message.task_id)}"]`);
    there?.replaceWith(row(task, words, act));
  }
  if (!known || known.status !== message.status) readSoon();
}

function connect() {
  stop?.();
  const query = filter ? `?status=${filter}` : "";
  stop = stayConnected(socketUrl(`internal/ws/tasks${query}`), {
    opened: () => { state("live"); read(); },
    heard,
    lost: () => state("away"),
  });
}

async function act(name, task) {
  const label = [task.task_type, task.symbol].filter(Boolean).join(" ");
  if (name === "cancel" && !confirm(words.sure(label))) return;
  const path = `internal/task/${encodeURIComponent(task.task_id)}`;
  const [method, target, body] = name === "cancel"
    ? ["POST", "cancel", {}] : ["PUT", "update", { status: name === "pause" ? "paused" : "running" }];
  const response = await fetch(`${path}/${target}`, {
    method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  }).catch(() => null);
  const detail = response ? (await response.json().catch(() => ({}))).detail : words.away;
  notice(response?.ok ? "" : words.refused(typeof detail === "string" ? detail : JSON.stringify(detail)));
  readSoon();
}

function notice(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = !text;
}

function state(name) {
  connection = name;
  byId("connection").dataset.state = name;
  byId("connection").textContent = words[name];
}

function choose(status) {
  filter = status;
  page = 1;
  connect();
  read();
}

function drawFilters() {
  const counts = answer?.summary ?? {};
  const all = STATUSES.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
  const focused = document.activeElement?.dataset?.filter;
  byId("filters").replaceChildren(...[null, ...STATUSES].map((status) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.filter = status ?? "all";
    button.setAttribute("aria-pressed", String(filter === status));
    if (status) button.className = status;
    const count = document.createElement("b");
    count.textContent = status ? counts[status] ?? 0 : all;
    button.append(words[status ?? "all"], count);
    button.onclick = () => choose(status);
    return button;
  }));
  if (focused) byId("filters").querySelector(`[data-filter="${focused}"]`)?.focus();
}

function draw() {
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = words[place.dataset.text];
  drawFilters();
  byId("tasks").replaceChildren(...[...shown.values()].map((task) => row(task, words, act)));
  const empty = answer !== null && shown.size === 0;
  byId("empty").hidden = !empty;
  byId("empty").textContent = filter ? words.nothing : words.empty;
  const { pages = 1, total = 0 } = answer?.pagination ?? {};
  byId("paging").textContent = words.paging(page, pages, total);
  byId("newer").disabled = page <= 1;
  byId("older").disabled = page >= pages;
}

function speak() {
  document.documentElement.lang = words === WORDS.ja ? "ja" : "en";
  document.title = words.title;
  byId("language").textContent = words.other;
  state(connection);
  draw();
}

byId("language").onclick = () => { words = words === WORDS.ja ? WORDS.en : WORDS.ja; speak(); };
byId("newer").onclick = () => { page -= 1; read(); };
byId("older").onclick = () => { page += 1; read(); };
speak();
connect();
