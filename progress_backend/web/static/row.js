// One task or workflow as a table row, changed in place. Text goes in as text, never as HTML.
import { makeBell } from "./bell.js";
import { softEnd, startText } from "./expected.js";
import { moment } from "./moment.js";
import { placeOf } from "./places.js";
import { remainingText } from "./remaining.js";
import { TEXTS } from "./texts.js";
import { errorOf, messageOf } from "./translated.js";
import { clock } from "./words.js";

const OFFERED = { created: ["cancel"], running: ["pause", "cancel"], paused: ["resume", "cancel"] };

export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

// Only where it is another one: what is marked stays marked, an open menu as it is, and nothing is spoken twice.
export function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

// What a message does not have any more; it is put over what was known.
const NOTHING = {
  control: null,
  warnings: null,
  estimate: null,
  rate: null,
  estimated_details: null,
  may_come_again_until: null,
  message_code: null,
  error_code: null,
};

// A record (from the list) and a message (from the socket) name two things differently, and neither has
// what there is nothing to say of. `now` is the service's clock as a list was read.
export function normalized(task, now = null) {
  const text = task.message ?? task.current_status ?? "";
  const at = task.timestamp ?? task.updated_at;
  const behind = now ? Math.max(0, now - Date.parse(at)) : 0;
  const since = moment();
  return { ...NOTHING, ...task, text, at, age: () => behind + since() };
}

function nameOf(task) {
  return [task.task_type, task.symbol].filter(Boolean).join(" ");
}

function timeText(task, words) {
  if (task.status === "running" && task.estimated_completion && task.at)
    return remainingText(task, words);
  if (task.status === "created") return startText(task, placeOf(task)?.start, words);
  return task.end_time && task.processing_time_ms != null
    ? words.took(clock(task.processing_time_ms / 1000))
    : "";
}

function rateText(task, words) {
  const given = task.processing_details?.processing_rate;
  if (given && !task.estimated_details?.includes("processing_rate")) return String(given);
  return task.rate == null || task.status === "created"
    ? ""
    : words.rateOf(words.number(roughly(task.rate)));
}

// Three digits are enough to read.
function roughly(rate) {
  return rate >= 100 ? Math.round(rate) : Number(rate.toPrecision(3));
}

function figuresTexts({ current, total, percentage }, words) {
  const count = words.number(current);
  return total ? [`${percentage}%`, `${count} / ${words.number(total)}`] : ["", count];
}

// Why it does not go on: its error, who stopped it and the reason that was given, or who is before it.
function whyText(task, words) {
  const { status, control } = task;
  const ahead = placeOf(task)?.ahead ?? null;
  if (ahead !== null) return words.before(ahead);
  if (status === "error") return errorOf(task, words);
  if (!control || !["paused", "cancelled"].includes(status)) return "";
  return [control.by, control.reason].filter(Boolean).join(": ");
}

// Its status; while its run has not acknowledged a pause or a cancel yet, that it is asked.
function statusText({ status, control }, words) {
  return (
    (control?.acknowledged_at === null && words.asked[control.action]) || (words[status] ?? status)
  );
}

// What is out of the ordinary of it, and since when.
function warningsOf({ warnings }, words) {
  return Object.entries(warnings ?? {})
    .filter(([kind, since]) => since && words.warnings[kind])
    .map(([kind, since]) => [words.warnings[kind], words.since(wall(since))]);
}

// The address of the page of one record.
export function pageOf(kind, id, words) {
  return `${document.body.dataset.base ?? ""}${kind}/${encodeURIComponent(id)}?lang=${words.code}`;
}

// What a row shows of a task.
export const TASK = {
  path: (task) => `internal/task/${encodeURIComponent(task.task_id)}`,
  page: ({ task_id }, words) => pageOf("task", task_id, words),
  words: (words) => words,
  data: (task) => ({ taskId: task.task_id, final: task.final }),
  name: nameOf,
  chips: ({ task_type, symbol }) => ({ task_type, symbol }),
  status: statusText,
  warnings: warningsOf,
  offered: (task) => OFFERED[task.status] ?? [],
  rate: rateText,
  time: timeText,
  text: messageOf,
  why: whyText,
  cause: (task, words) => (task.status === "error" ? lastLine(whyText(task, words)) : ""),
};

// What a traceback comes to.
export function lastLine(text) {
  return text.trimEnd().split("\n").at(-1);
}

// A time as its text shows it, in the zone that the API is configured for: not moved to the browser's.
function wall(text) {
  return new Date(`${text.slice(0, 19)}Z`);
}

// Where its trace is to be seen; null where the service does not say, or the task has none.
export function traceOf({ traceparent }) {
  const where = document.body.dataset.trace;
  return where && traceparent ? where.replaceAll("{trace_id}", traceparent.slice(3, 35)) : null;
}

// What is not known is a dash in the table, and left out where there is little room; what there never
// is (null) is nothing.
function showOrDash(cell, text) {
  say(cell, text || (text === null ? "" : "–"));
  cell.classList.toggle("none", !text);
}

// A text that may be cut off where it is long; the whole of it is a title.
function showCut(place, text) {
  say(place, text);
  if (place.title !== text) place.title = text;
}

// A value that chooses itself as a filter of the list.
function makePick(filter) {
  const made = element("button", `pick ${filter}`);
  made.type = "button";
  made.onclick = () =>
    made.dispatchEvent(
      new CustomEvent("choose", { bubbles: true, detail: { [filter]: made.textContent } }),
    );
  function show(value, words) {
    say(made, value);
    made.setAttribute("aria-label", words.only[filter](value));
  }
  return { element: made, show };
}

export function makeRow(act, kind = TASK) {
  const state = element("span");
  const warnings = element("div", "warnings");
  const bell = kind === TASK ? makeBell() : null;
  const status = element("td", "", state, ...(bell ? [bell.element] : []), warnings);
  const name = element("strong");
  const id = element("a");
  const owner = makePick("owner");
  const trace = element("a", "trace");
  const more = element("div", "more", owner.element, trace);
  const percent = element("b");
  const count = element("span");
  const fill = element("i");
  const track = element("div", "bar", fill);
  const progress = element("td", "", element("div", "figures", percent, count), track);
  const rate = element("td", "number rate");
  const time = element("td", "number time");
  const line = element("span");
  const problem = element("small");
  const message = element("td", "message", line, problem);
  const actions = element("td", "actions");
  const made = element(
    "tr",
    "",
    status,
    element("td", "task", name, id, more),
    progress,
    rate,
    time,
    message,
    actions,
  );
  let task = null;
  let named = "";
  made.tabIndex = -1;
  trace.rel = "noreferrer";
  track.setAttribute("role", "progressbar");
  track.setAttribute("aria-valuemin", 0);
  track.setAttribute("aria-valuemax", 100);

  // The button may be gone that a dialog gives the focus back to.
  function goOn() {
    if (document.activeElement === document.body || document.activeElement.closest("dialog"))
      made.focus({ preventScroll: true });
  }

  function showActions(words) {
    const names = document.body.dataset.readOnly ? [] : kind.offered(task);
    const there = [...actions.children].map((button) => button.dataset.action);
    if (String(names) !== String(there)) {
      // Who has pressed a button goes on from here, whatever has taken its place.
      const held = actions.contains(document.activeElement);
      actions.replaceChildren(
        ...names.map((action) => {
          const button = element("button");
          button.type = "button";
          button.dataset.action = action;
          button.onclick = () => {
            act(kind, action, task);
            const asking = document.getElementById("sure");
            if (asking.open) asking.addEventListener("close", goOn, { once: true });
          };
          return button;
        }),
      );
      if (held) (actions.firstElementChild ?? made).focus();
    }
    for (const button of actions.children) {
      say(button, words[button.dataset.action]);
      button.setAttribute("aria-label", `${button.textContent}: ${kind.name(task, words)}`);
    }
  }

  function showWarnings(texts) {
    if (String(texts) === warnings.dataset.now) return;
    warnings.dataset.now = String(texts);
    warnings.replaceChildren(
      ...texts.map(([text, since]) => {
        const warning = element("small", "", text);
        warning.title = since;
        return warning;
      }),
    );
  }

  // Each part of a name that is a filter as well can be chosen.
  function showName(words) {
    const text = kind.name(task, words);
    const chips = Object.entries(kind.chips?.(task) ?? {}).filter(([, value]) => value);
    const now = JSON.stringify([words.code, text, chips]);
    if (now === named) return;
    named = now;
    name.title = text;
    name.replaceChildren(
      ...(chips.length
        ? chips.flatMap(([filter, value], place) => {
            const pick = makePick(filter);
            pick.show(value, words);
            return place ? [" ", pick.element] : [pick.element];
          })
        : [text]),
    );
  }

  function showSaid(words) {
    const why = kind.why(task, words);
    const text = kind.text(task, words);
    const cause = kind.cause?.(task, words);
    showCut(line, cause || text);
    showCut(problem, cause ? (text === TEXTS[words.code].failed ? "" : text) : why);
    if (cause) line.title = why;
    message.classList.toggle("none", !line.textContent && !problem.textContent);
  }

  function showMore(words) {
    const traced = traceOf(task);
    owner.element.hidden = !task.owner;
    owner.show(task.owner ?? "", words);
    trace.hidden = !traced;
    say(trace, words.trace);
    if (traced) trace.href = traced;
    more.hidden = owner.element.hidden && trace.hidden;
  }

  function show(now, words) {
    task = now;
    made.dataset.status = task.status;
    Object.assign(made.dataset, kind.data(task));
    status.className = `status ${task.status}`;
    say(state, kind.status(task, words));
    bell?.show(task, kind.name(task, words), words);
    showWarnings(kind.warnings?.(task, words) ?? []);
    showName(words);
    showCut(id, task.task_id);
    id.href = kind.page(task, words);
    showMore(words);
    const { current, total, percentage } = task.progress;
    const unknown = !total && task.status === "running";
    progress.className = `progress ${task.status}`;
    track.classList.toggle("unknown", unknown);
    fill.style.width = `${percentage}%`;
    const soft = softEnd(task);
    track.classList.toggle("soft", soft !== null);
    if (soft) {
      track.style.setProperty("--sure", `${(100 * soft[0]) / percentage}%`);
      track.style.setProperty("--may-be", `${soft[1] - percentage}%`);
    }
    fill.style.minWidth = current > 0 ? "4px" : "0"; // less than a percent is seen, too
    track.setAttribute("aria-label", name.textContent);
    if (unknown) track.removeAttribute("aria-valuenow");
    else track.setAttribute("aria-valuenow", percentage);
    const [share, counted] = figuresTexts(task.progress, words);
    say(percent, share);
    showCut(count, counted);
    showOrDash(rate, kind.rate(task, words));
    rate.title = rate.textContent;
    showOrDash(time, kind.time(task, words));
    time.title = task.start_time ? words.since(wall(task.start_time)) : "";
    showSaid(words);
    showActions(words);
  }

  return { element: made, show, focus: () => made.focus(), name, id, track };
}
