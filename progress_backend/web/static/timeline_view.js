// What happened to a task: as one lane, and as a list, the oldest first.
import { makeLane } from "./lane.js";
import { answered } from "./live.js";
import { absolute, section } from "./record_parts.js";
import { element } from "./dom.js";
import { translated } from "./translated.js";

// What the record's times say as well.
const PLAIN = ["created", "started", "ended"];
// After a read that failed.
const AGAIN_MS = 3_000;
// After a change: a stack or traceback comes a moment later; and how long one that was asked for takes at most.
const LATER_MS = 4_000;
const STACK_MS = 8_000;

export function makeTimeline(id) {
  const lane = makeLane();
  const list = element("ol");
  const made = section("timeline", lane.element, list);
  let reading = false;
  let nextMs = 0;
  let laterMs = 0;
  let stackMs = 0;
  let of = null;
  let timeline = null;
  let shown = "";
  made.hidden = true;
  list.tabIndex = 0;
  made.classList.add("timeline");

  // What changes where there is something new in it.
  const state = ({
    created_at,
    status,
    attempt,
    control,
    warnings,
    processing_details: details,
    final,
  }) => JSON.stringify([created_at, status, attempt, control, warnings, details?.phase, final]);

  async function read(mine, task, words) {
    reading = true;
    const got = await answered(`internal/task/${encodeURIComponent(id)}/timeline`);
    reading = false;
    nextMs = performance.now() + (got?.ok ? 0 : AGAIN_MS);
    if (!got?.ok) return;
    laterMs = of === mine ? Infinity : performance.now() + LATER_MS;
    of = mine;
    timeline = got.body;
    draw(task, words);
  }

  // Called each second, and as the record changes.
  function look(task, words) {
    made.say(words);
    list.setAttribute("aria-label", words.parts.timeline);
    const now = state(task);
    const due = of !== now || performance.now() >= laterMs || performance.now() < stackMs;
    if (!reading && due && performance.now() >= nextMs) read(now, task, words);
    if (timeline) draw(task, words);
  }

  function draw(task, words) {
    const { entries, gone } = timeline;
    lane.show(task, timeline, words);
    made.hidden =
      entries.length <= PLAIN.length && entries.every(({ event }) => PLAIN.includes(event));
    const now = JSON.stringify([words.code, entries, gone]);
    if (now === shown) return; // a text that somebody marks stays marked
    shown = now;
    const sameDay = new Set(entries.map(({ time }) => time.slice(0, 10))).size === 1;
    list.replaceChildren(
      ...(gone ? [element("li", "gone", words.entriesGone(gone))] : []),
      ...entries.map((entry) => rowOf(entry, words, sameDay)),
    );
  }

  function expectStack() {
    stackMs = performance.now() + STACK_MS;
  }

  return { element: made, look, expectStack };
}

function rowOf(entry, words, sameDay) {
  const { event, status, time } = entry;
  const at = element(
    "time",
    "",
    sameDay ? time.slice(11, 19) : `${time.slice(0, 10)} ${time.slice(11, 19)}`,
  );
  at.dateTime = time;
  at.title = absolute(time);
  const name = element(
    "b",
    "",
    status ? (words[status] ?? status) : (words.happened[event] ?? event),
  );
  const about = element("span", "", name, " ", element("small", "", aboutOf(entry, words)));
  const lines = linesOf(entry);
  if (lines)
    about.append(
      element("details", "", element("summary", "", words.showAll), element("pre", "", lines)),
    );
  return element("li", `${event} ${status ?? ""}`.trim(), at, about);
}

// A traceback, or a stack with a line in place of Celery's frames.
function linesOf({ frames = [], traceback }) {
  const shown = frames.map(({ file, line, function: name, code, folded }) =>
    folded ? "…" : `${name} (${file}:${line})${code ? `\n    ${code}` : ""}`,
  );
  return traceback ?? shown.filter((text, place) => text !== shown[place - 1]).join("\n");
}

function aboutOf({ event, time, attempt, by, worker, cause, text, text_code: code }, words) {
  const number = attempt && ["started", "retried"].includes(event) ? words.attemptNo(attempt) : "";
  const why = (event === "stack" && words.happened[cause]) || cause;
  return [number, by, worker, why, text && translated(words.code, text, code, time)]
    .filter(Boolean)
    .join(" · ");
}
