// <task-progress task-id="…"> or <task-progress workflow-id="…">: the live bar of one task or workflow, for any
// page. Attributes: base (the API's URL; default: where this script is from), token, lang, cancellable, label
// (replaces the name), error-text ("plain" hides the error's text), size ("small", "inline"). The slot "end" is shown
// when the record is final. The property record shows a record that the page gives, without a connection.
// Events: progress and end (detail: the record), error (detail: {code, text}). Parts: name, status,
// bar, fill, figures, time, message, problem, note, links, link, cancel.
import STYLE from "./element.css";
import { follow, refusalOf, request } from "./feed.js";
import { figuresOf } from "./figures.js";
import { linksOf } from "./links.js";
import { moment } from "./moment.js";
import { reconnecting } from "./reconnecting.js";
import { rangeTo, remainingText } from "./remaining.js";
import { watchOnLine } from "./shared_socket.js";
import { TEXTS } from "./texts.js";
import { errorOf, messageOf } from "./translated.js";
import { stillRuns } from "./unsettled.js";
import { clock, inEach, language, WORDS } from "./words.js";

const SCRIPT = import.meta.url;
// A screen reader announces a new status at once, progress at most once in this time.
const SPOKEN_MS = 15_000;
const REQUEST_TIMEOUT_MS = 10_000;
// Without a connection for so long, the service counts as away.
const AWAY_S = 10;
// A waiting task's place changes without a message: it is read again after this time.
const PLACE_MS = 10_000;
// Codes of default texts that only repeat the status.
const AS_STATUS = ["completed", "failed", "cancelled"];

// Attributes that need only a redraw, not another connection.
const DRAWN = ["lang", "cancellable", "label", "error-text", "size"];

// Server-side rendering imports this module, too, and has no CSSStyleSheet and HTMLElement.
const sheet = globalThis.CSSStyleSheet && new CSSStyleSheet();
sheet?.replaceSync(STYLE);

function part(name, tag = "span", ...children) {
  const made = document.createElement(tag);
  made.part = name;
  made.append(...children);
  return made;
}

// The API's URL. A script has an address, a bundle may have none: its default is the page's origin.
export function baseOf(element) {
  // Not ("..", SCRIPT): webpack and Turbopack search for a file of this name, and their build fails.
  const own = /^http/.test(SCRIPT) ? new URL("..", new URL(SCRIPT)) : "/";
  return new URL(element.getAttribute("base") || own, element.baseURI).href.replace(/\/?$/, "/");
}

// The list of jobs takes these from here: a page has them, and the socket, once.
export { inEach, language, moment, reconnecting, refusalOf, WORDS, watchOnLine };

export class TaskProgress extends (globalThis.HTMLElement ?? Object) {
  static observedAttributes = ["task-id", "workflow-id", "base", "token", ...DRAWN];

  #name = part("name", "strong");
  #status = part("status");
  #fill = part("fill", "i");
  #bar = part("bar", "div", this.#fill);
  #figures = part("figures");
  #time = part("time");
  #message = part("message", "p");
  #problem = part("problem", "p");
  #note = part("note", "p");
  #cancel = part("cancel", "button");
  #keep = part("keep", "button");
  #links = part("links");
  #end = document.createElement("slot"); // the page's own content, e.g. a link to the results
  #spoken = document.createElement("p");

  #unfollow = null;
  #words = WORDS.en;
  #record = null;
  #state = "connecting";
  #seconds = 0; // without a connection
  #linked = "";
  #read = null; // when the place of a waiting task was read
  #given = null; // the record that the page gives
  #code = null; // the close code (44xx) of a refusal
  #cancelState = null; // "sure" (waits for the second press), "sent", or the text of a refusal
  #highest = 0; // the highest percentage: the bar goes back only with another attempt, total or state of Redis
  #spokenAs = "";
  #spokenAge = null;
  #ticking = null;
  #restarting = false;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(
      part("head", "div", this.#name, this.#status),
      this.#bar,
      part("foot", "div", this.#figures, this.#time),
      part("texts", "div", this.#message, this.#problem, this.#note),
      part("acts", "div", this.#links, this.#cancel, this.#keep),
      this.#end,
      this.#spoken,
    );
    Object.assign(this.#bar, { role: "progressbar", ariaValueMin: 0, ariaValueMax: 100 });
    this.#end.name = "end";
    this.#spoken.className = "spoken";
    this.#spoken.ariaLive = "polite";
    this.#cancel.type = this.#keep.type = "button";
    this.#cancel.onclick = () =>
      this.#cancelState === "sure" ? this.#send() : this.#setCancelState("sure");
    this.#keep.onclick = () => this.#setCancelState(null);
  }

  // The newest record, or null before the first one.
  get record() {
    return this.#record;
  }

  // Shows a record as the API sends it, without a connection; null follows the attributes again.
  set record(record) {
    this.#unfollow?.();
    this.#unfollow = null;
    this.#given = record;
    if (record) {
      [this.#state, this.#code] = ["live", null];
      this.#take(record);
    } else if (this.#ticking) {
      this.#stop();
      this.#begin();
    }
  }

  connectedCallback() {
    if (!this.#ticking) this.#begin();
  }

  // An element that is moved within the page is connected again before the microtask runs.
  disconnectedCallback() {
    queueMicrotask(() => this.isConnected || this.#stop());
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || !this.#ticking || this.#restarting) return;
    if (DRAWN.includes(name)) return this.#show();
    this.#restarting = true; // attributes that change together restart the feed once
    queueMicrotask(() => {
      this.#restarting = false;
      if (!this.#ticking) return;
      this.#stop();
      this.#begin();
    });
  }

  #begin() {
    const about = !this.#given && this.#about();
    if (!this.#given) {
      this.#record = this.#code = this.#cancelState = this.#read = null;
      this.#state = "connecting";
      this.#highest = 0;
    }
    if (about) {
      this.#unfollow = follow(about, {
        received: (record) => this.#take(record),
        state: (state) => {
          this.#state = state;
          this.#show();
        },
        refused: (code) => this.#refused(code),
        clock: (now) => this.#clock(now),
      });
    }
    this.#ticking = setInterval(() => this.#tick(), 1_000);
    this.#show();
  }

  #tick() {
    this.#seconds += 1;
    this.#readPlace();
    this.#show();
  }

  // A message has neither the place nor the likely start of a waiting task.
  async #readPlace() {
    const waits = this.#record?.status === "created" && this.#unfollow && !this.#record.workflow_id;
    if (!waits || document.hidden || this.#read?.() < PLACE_MS) return;
    this.#read = moment();
    const { ahead, start_estimate: start } = (await (await this.#request("status"))?.json()) ?? {};
    if (this.#record?.status === "created") Object.assign(this.#record, { ahead, start });
  }

  // The response, or null if there is none.
  #request(path, more) {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    return request(this.#about(), path, { signal, ...more }).catch(() => null);
  }

  #stop() {
    clearInterval(this.#ticking);
    this.#ticking = null;
    this.#unfollow?.();
    this.#unfollow = null;
  }

  #about() {
    const workflow = this.getAttribute("workflow-id");
    const id = workflow || this.getAttribute("task-id");
    return (
      id && {
        base: baseOf(this),
        kind: workflow ? "workflow" : "task",
        id,
        token: this.getAttribute("token"),
      }
    );
  }

  #take(record) {
    const before = this.#record;
    const same =
      before?.created_at === record.created_at &&
      before.attempt === record.attempt &&
      before.revision <= record.revision &&
      before.progress.total === record.progress.total;
    this.#highest = Math.max(same ? this.#highest : 0, record.progress.percentage);
    const at = record.timestamp ?? record.updated_at;
    this.#record = {
      ...record,
      text: record.message ?? record.current_status ?? "",
      at,
      age: (before?.at === at && before?.age) || moment(),
      ahead: record.ahead ?? before?.ahead,
      start: record.start_estimate ?? before?.start,
    };
    if (record.final || record.control?.action === "cancel") this.#cancelState = null;
    this.#show();
    this.#emit("progress", record);
    if (record.final) this.#emit("end", record);
  }

  #emit(name, detail, bubbles = true) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles, composed: bubbles }));
  }

  #refused(code) {
    this.#code = code;
    this.#show();
    this.#emit("error", { code, text: this.#why() }, false);
  }

  #why() {
    return this.#words.refusals[this.#code] ?? String(this.#code);
  }

  // The record may have been old when it was received.
  #clock(now) {
    const behind = Date.parse(now) - Date.parse(this.#record?.at);
    const since = moment();
    if (behind > this.#record?.age()) this.#record.age = () => behind + since();
  }

  #setCancelState(state) {
    this.#cancelState = state;
    this.#show();
    const free = [null, document.body, this].includes(document.activeElement); // another element keeps the focus
    if (state !== "sent" && free) this.#cancel.focus();
  }

  async #send() {
    this.#setCancelState("sent");
    // Without a response it is unknown whether the API received the request.
    const answer = await this.#request("cancel", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "{}",
    });
    if (answer?.ok) return;
    const body = await answer?.json().catch(() => null);
    this.#setCancelState(this.#whyNot(answer, body));
  }

  #whyNot(answer, body) {
    const words = this.#words;
    if (!answer) return words.unanswered;
    const { status } = answer;
    const now = status === 409 && words[body?.status];
    const usual = now ? words.isNow(now) : status !== 429 && words.refusals[4000 + status];
    return words.refused(usual || (body?.detail ?? status));
  }

  #show() {
    const words = (this.#words = WORDS[language(this.closest("[lang]")?.lang || null)]);
    const record = this.#record;
    const over = record?.final && !stillRuns(record);
    const stale = this.#state !== "live" && !record?.final;
    this.dataset.status = record?.status ?? (this.#code ? "error" : "none");
    if (this.#state === "live") this.#seconds = 0;
    const away = stale && this.#seconds > AWAY_S;
    this.dataset.state = over ? "ended" : this.#code ? "refused" : away ? "away" : this.#state;
    const behind = away ? words.away : record ? stale && words.stale : words.connecting;
    const nothing = !record && !this.#about();
    text(this.#note, this.#code ? this.#why() : nothing ? words.refusals[4422] : behind || "");
    this.#bar.toggleAttribute("data-none", !record);
    this.#end.hidden = !over;
    if (record) this.#showRecord(record, words);
    this.#showCancel(words);
    this.#speak();
  }

  #showRecord(record, words) {
    const { total } = record.progress;
    const unknown = !total && record.status === "running";
    const control = record.control;
    const waiting = control?.acknowledged_at === null && words.asked[control.action];
    text(
      this.#name,
      this.getAttribute("label") ||
        (record.workflow_id && (record.name || words.workflow)) ||
        [record.task_type, record.symbol].filter(Boolean).join(" "),
    );
    text(this.#status, waiting || (words[record.status] ?? record.status));
    this.#bar.toggleAttribute("data-unknown", unknown);
    this.#bar.ariaLabel = this.#name.textContent;
    this.#fill.style.width = unknown ? "" : `${this.#highest}%`;
    this.#bar.ariaValueNow = unknown ? null : this.#highest;
    const [share, count] = figuresOf(
      {
        ...record,
        progress: { ...record.progress, percentage: this.#highest },
      },
      words,
    );
    text(this.#figures, [share, count].filter(Boolean).join(" · "));
    text(this.#time, timeText(record, words));
    this.#showLinks(record, words);
    const message =
      record.status === "created" && record.ahead != null
        ? words.before(record.ahead)
        : messageOf(record, words);
    const plain = AS_STATUS.includes(record.message_code?.code);
    text(this.#message, stillRuns(record) ? words.stillRuns(record.worker) : plain ? "" : message);
    text(
      this.#problem,
      record.status === "error" || record.counts?.error
        ? this.#errorText(record, words)
        : (control?.reason ?? ""),
    );
    if (this.#problem.textContent === this.#message.textContent) text(this.#problem, "");
  }

  // A page may hide the text of an exception from its visitors.
  #errorText(record, words) {
    const plain = this.getAttribute("error-text") === "plain";
    return plain ? TEXTS[words.code].failed : errorOf(record, words);
  }

  // The links stay the same elements while nothing of them changes: a reader may be about to press one.
  #showLinks(record, words) {
    const links = linksOf(record, baseOf(this), words);
    const now = JSON.stringify(links);
    if (now === this.#linked) return;
    this.#linked = now;
    const made = links.map(({ text: title, link }) => {
      const one = part("link", link ? "a" : "span", title);
      return Object.assign(one, link && { href: link, target: "_blank", rel: "noreferrer" });
    });
    this.#links.replaceChildren(...made);
    this.#links.hidden = !made.length;
  }

  #showCancel(words) {
    const record = this.#record;
    const offered =
      this.hasAttribute("cancellable") &&
      ["created", "running", "paused"].includes(record?.status) &&
      record.control?.action !== "cancel";
    const state = this.#cancelState;
    const shown = { sure: words.doCancel, sent: words.asked.cancel }[state];
    this.#cancel.disabled = state === "sent";
    text(this.#cancel, offered ? (shown ?? words.cancel) : "");
    text(this.#keep, offered && state === "sure" ? words.keep : "");
    if (state && !shown) text(this.#note, state);
  }

  #speak() {
    const status = this.#status.textContent || this.#note.textContent;
    if (!status || (status === this.#spokenAs && this.#spokenAge() < SPOKEN_MS)) return;
    const name = this.#name.textContent;
    const share = this.#record?.status === "running" && this.#figures.textContent;
    text(this.#spoken, (name && `${name}: `) + status + (share ? `, ${share}` : ""));
    this.#spokenAs = status;
    this.#spokenAge = moment();
  }
}

// Hides a part without a text.
function text(place, now) {
  if (place.textContent !== now) place.textContent = now;
  place.hidden = !now;
}

function timeText(record, words) {
  if (record.status === "created" && record.start)
    return rangeTo(record.start, record, words, words.startsIn) ?? "";
  if (record.status === "running" && record.estimated_completion && record.at)
    return remainingText(record, words);
  const ended = record.end_time || record.final;
  return ended && record.processing_time_ms != null && !stillRuns(record)
    ? words.took(clock(record.processing_time_ms / 1000))
    : "";
}

if (sheet && !customElements.get("task-progress"))
  customElements.define("task-progress", TaskProgress);
