// <task-list owner="…">: the open jobs of an owner and those that ended in the last day, each a <task-progress>, which
// share the page's socket. Attributes: owner, base, token, limit (5), lang, cancellable, error-text. Parts: list, news,
// note. Event: error (detail: {code, text}). A message on that socket has the list read again, as a job begins or ends;
// without the socket a timer has.
import { keep, kept } from "./storage.js";
import STYLE from "./task_list.css";
import {
  baseOf,
  inEach,
  language,
  moment,
  reconnecting,
  refusalOf,
  WORDS as SHARED,
  watchOnLine,
} from "./task-progress.js";

const POLL_MS = 5_000;
const SLOW_MS = 60_000; // with the socket: a job that ended a day ago leaves the list
const SOON_MS = 250; // messages that come together have the list read once
const PACE_MS = 1_000; // between two reads for messages
const TIMEOUT_MS = 10_000;
const AWAY_MS = 10_000;
const DAY_MS = 86_400_000;
const MOST = 50;
// Attributes of the list that each of its rows gets.
const PASSED = ["base", "token", "cancellable", "error-text"];

const WORDS = inEach(SHARED, {
  jobs: ["Your jobs", "あなたのジョブ"],
  none: ["No jobs in the last day.", "この 24 時間にジョブはありません。"],
  noOwner: ["No owner is given.", "owner がありません。"],
  news: ["Ended while you were away", "前回の表示後に終了"],
});

// When this browser last showed an owner's jobs, before this page was loaded.
const lastShown = new Map();

const sheet = globalThis.CSSStyleSheet && new CSSStyleSheet();
sheet?.replaceSync(STYLE);

export class TaskList extends (globalThis.HTMLElement ?? Object) {
  static observedAttributes = ["owner", "limit", "lang", ...PASSED];

  #list = document.createElement("ul");
  #note = document.createElement("p");
  #spoken = document.createElement("p");
  #rows = new Map(); // task id -> its <li>
  #timer = null;
  #line = null; // the watch of the owner's jobs
  #live = false; // whether it is open
  #ticking = null;
  #stop = null; // ends the read that is under way
  #away = null; // how long the API has not answered
  #why = "";
  #due = Infinity; // when the list is read next
  #reads = false;
  #since = null; // how long ago it was read
  #again = false; // whether a message came while it was read
  #look = () => {
    this.#due = Infinity;
    if (!document.hidden && !this.#why) this.#read();
  };

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(this.#list, this.#note, this.#spoken);
    this.#list.setAttribute("part", "list");
    this.#list.setAttribute("role", "list"); // without bullets Safari takes it for none
    this.#note.setAttribute("part", "note");
    this.#note.setAttribute("role", "status");
    this.#spoken.className = "spoken";
    this.#spoken.setAttribute("aria-live", "polite");
    shadow.addEventListener("end", ({ detail, target }) => this.#ended(detail, target));
  }

  connectedCallback() {
    document.addEventListener("visibilitychange", this.#look);
    this.#ticking = setInterval(() => this.#line?.look(), 1_000);
    this.#begin();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#look);
    clearInterval(this.#ticking);
    clearTimeout(this.#timer);
    this.#line?.stop();
    this.#stop?.abort();
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || !this.isConnected) return;
    const other = ["owner", "base", "token"].includes(name);
    if (other) this.#draw([]);
    queueMicrotask(() => this.isConnected && (other ? this.#begin() : this.#read()));
  }

  #begin() {
    const [owner, token] = [this.getAttribute("owner"), this.getAttribute("token")];
    const target = { owner, ...(token && { token }) };
    this.#line?.stop();
    this.#live = false;
    this.#line = !owner
      ? null
      : reconnecting((events) => watchOnLine(baseOf(this), target, events), {
          received: ({ type }) => {
            if (type !== "reload") return;
            this.#live = this.#again = true;
            if (!this.#reads) this.#soon();
          },
          closed: (code) => {
            this.#live = false;
            this.#next(SOON_MS);
            return code < 4400 || code === 4429;
          },
        });
    this.#read();
  }

  #soon() {
    this.#next(Math.max(SOON_MS, PACE_MS - (this.#since?.() ?? PACE_MS)));
  }

  #next(ms) {
    if (this.#due < Date.now() + ms) return;
    clearTimeout(this.#timer);
    this.#due = Date.now() + ms;
    this.#timer = setTimeout(this.#look, ms);
  }

  get #words() {
    return WORDS[language(this.closest("[lang]")?.lang || null)];
  }

  async #read() {
    clearTimeout(this.#timer);
    this.#stop?.abort();
    const [owner, token] = [this.getAttribute("owner"), this.getAttribute("token")];
    if (!owner) return this.#say(this.#words.noOwner); // never everyone's jobs
    [this.#reads, this.#again, this.#due, this.#since] = [true, false, Infinity, moment()];
    const mine = (this.#stop = new AbortController());
    const limit = Math.min(Math.max(Number.parseInt(this.getAttribute("limit"), 10) || 5, 1), MOST);
    const url = new URL("internal/tasks", baseOf(this));
    url.search = new URLSearchParams({ owner, sort: "running", limit });
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const answer = await fetch(url, { headers, signal }).catch(() => null);
    const rows = answer?.ok && (await answer.json().catch(() => null))?.tasks;
    const code = answer && !answer.ok && refusalOf(answer);
    if (mine !== this.#stop || !this.isConnected) return;
    this.#reads = false;
    this.#why = this.#words.refusals[code] ?? "";
    if (code) return this.#refused(code);
    if (this.#again) this.#soon();
    else this.#next(rows && this.#live ? SLOW_MS : POLL_MS);
    this.#away = rows ? null : (this.#away ?? moment());
    if (rows) this.#take(rows, owner, limit);
    else this.#say();
  }

  // As the element's: until the page gives another token.
  #refused(code) {
    this.#line.stop();
    this.#away = null;
    this.#say();
    this.dispatchEvent(new CustomEvent("error", { detail: { code, text: this.#why } }));
  }

  #take(rows, owner, limit) {
    const day = Date.now() - DAY_MS;
    const shown = rows.filter((row) => !row.end_time || Date.parse(row.end_time) > day);
    const key = `task-list ${baseOf(this)} ${owner}`;
    if (!lastShown.has(key)) lastShown.set(key, kept("localStorage", key));
    this.#draw(shown.slice(0, limit), Number(lastShown.get(key) || NaN));
    const newest = Math.max(...shown.map((row) => Date.parse(row.end_time ?? row.created_at)));
    if (!document.hidden && newest > (Number(kept("localStorage", key)) || 0))
      keep("localStorage", key, newest);
    this.#say();
  }

  #draw(tasks, since) {
    const before = this.#rows;
    this.#rows = new Map(
      tasks.map((task) => [task.task_id, before.get(task.task_id) ?? this.#row(task, since)]),
    );
    for (const [id, row] of before) if (!this.#rows.has(id)) row.remove();
    const order = [...this.#rows.values()];
    for (const { lastChild: one } of order) {
      one.setAttribute("lang", this.#words.code); // the page's is outside the shadow tree
      for (const name of PASSED)
        if (this.hasAttribute(name)) one.setAttribute(name, this.getAttribute(name));
        else one.removeAttribute(name);
    }
    // A row that moves would lose the focus within it, and the place under the pointer.
    const free = !this.shadowRoot.activeElement && !this.matches(":hover");
    for (const [place, row] of order.entries())
      if (!row.parentNode || (free && this.#list.children[place] !== row))
        this.#list.insertBefore(row, this.#list.children[place] ?? null);
  }

  #row(task, since) {
    const row = document.createElement("li");
    if (task.end_time && Date.parse(task.end_time) > since) {
      const news = document.createElement("span");
      news.setAttribute("part", "news");
      news.textContent = this.#words.news;
      row.append(news);
    }
    const one = document.createElement("task-progress");
    one.setAttribute("task-id", task.task_id);
    // Fifty rows that each announce their progress would be noise: the list announces ends.
    one.shadowRoot.querySelector("[aria-live]").setAttribute("aria-live", "off");
    if (task.end_time) one.dataset.spoken = "";
    row.append(one);
    return row;
  }

  #ended({ task_type: type, symbol, status }, row) {
    if (!this.#rows.has(row.getAttribute("task-id")) || row.dataset.spoken) return;
    row.dataset.spoken = "";
    const name = [type, symbol].filter(Boolean).join(" ");
    this.#spoken.textContent = `${name}: ${this.#words[status] ?? status}`;
  }

  #say(text = this.#why) {
    const words = this.#words;
    const away = this.#away?.() > AWAY_MS;
    const empty = !this.#rows.size && (this.#away ? words.connecting : words.none);
    const now = text || (away ? words.away : empty) || "";
    this.dataset.state = text ? "refused" : away ? "away" : this.#away ? "connecting" : "live";
    this.#list.setAttribute("aria-label", words.jobs);
    this.#list.hidden = !this.#rows.size;
    if (this.#note.textContent !== now) this.#note.textContent = now;
    this.#note.hidden = !now;
  }
}

if (sheet && !customElements.get("task-list")) customElements.define("task-list", TaskList);
