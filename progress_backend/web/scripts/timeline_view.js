// A task's timeline, as one lane and as a list with the oldest entry first.
import { joined, words } from "./page_words.js";
import { makeLane } from "./timeline_strip.js";
import { answered } from "./live.js";
import { absolute, section, timed } from "./record_parts.js";
import { element, redraw } from "./dom.js";
import { translated } from "./translated.js";

// Events that the record's times also show.
const PLAIN = ["created", "started", "ended"];
// The pause after a failed read.
const AGAIN_MS = 3_000;
// A stack or traceback may be written up to LATER_MS after a change, a requested stack up to STACK_MS after the request.
const LATER_MS = 4_000;
const STACK_MS = 8_000;
// Files of Python and of packages.
const LIBRARY = /(site-packages|python3(\.\d+)?|<frozen.*)[/\\]|^<frozen/;

export function makeTimeline(id) {
  const lane = makeLane();
  const list = element("ol", { tabIndex: 0, ariaLabel: words.parts.timeline });
  const made = section("timeline", lane.element, list);
  let reading = false;
  let nextMs = 0;
  let laterMs = 0;
  let stackMs = 0;
  let of = null;
  let timeline = null;
  made.hidden = true;
  made.classList.add("timeline");

  // A change of this string means that the timeline may have new entries.
  const state = ({
    created_at,
    status,
    attempt,
    control,
    warnings,
    processing_details: details,
    final,
  }) => JSON.stringify([created_at, status, attempt, control, warnings, details?.phase, final]);

  async function read(mine, task) {
    reading = true;
    const got = await answered(`internal/task/${encodeURIComponent(id)}/timeline`);
    reading = false;
    made.dataset.read = "yes";
    nextMs = performance.now() + (got?.ok ? 0 : AGAIN_MS);
    if (!got?.ok) return;
    laterMs = of === mine ? Infinity : performance.now() + LATER_MS;
    of = mine;
    timeline = got.body;
    draw(task);
  }

  // Called each second, and when the record changes.
  function look(task) {
    const now = state(task);
    const due = of !== now || performance.now() >= laterMs || performance.now() < stackMs;
    if (!reading && due && performance.now() >= nextMs) read(now, task);
    if (timeline) draw(task);
  }

  function draw(task) {
    const { entries, gone } = timeline;
    lane.show(task, timeline);
    made.hidden =
      entries.length <= PLAIN.length && entries.every(({ event }) => PLAIN.includes(event));
    const sameDay = new Set(entries.map(({ time }) => absolute(time).slice(0, 10))).size === 1;
    redraw(list, [entries, gone], () => [
      ...(gone ? [element("li", "gone", words.entriesGone(gone))] : []),
      ...entries.map((entry) => rowOf(entry, sameDay)),
    ]);
  }

  function expectStack() {
    stackMs = performance.now() + STACK_MS;
  }

  // The job's own innermost line since its last value: "fetch_page (tasks.py:82)".
  function where({ warnings }) {
    const since = warnings?.stalled ?? warnings?.late;
    const entries = (since && timeline?.entries) || [];
    const stack = entries.findLast(
      ({ event, time, frames }) =>
        event === "stack" && frames?.length && Date.parse(time) >= Date.parse(since),
    );
    const frame = stack?.frames.find(({ file, folded }) => !folded && !LIBRARY.test(file));
    return frame ? `${frame.function} (${frame.file.split("/").at(-1)}:${frame.line})` : "";
  }

  return { element: made, look, expectStack, where };
}

function rowOf(entry, sameDay) {
  const { event, status, time } = entry;
  const at = timed(time, absolute(time).slice(sameDay ? 11 : 0, 19), absolute(time));
  const what = status ? (words[status] ?? status) : (words.happened[event] ?? event);
  const name = element("b", "", what);
  const about = element("span", "", name, " ", element("small", "", aboutOf(entry)));
  const lines = linesOf(entry);
  if (lines)
    about.append(
      element("details", "", element("summary", "", words.showAll), element("pre", "", lines)),
    );
  return element("li", `${event} ${status ?? ""}`.trim(), at, about);
}

// The text of a traceback, or of a stack; "…" replaces the frames of Celery.
function linesOf({ frames = [], traceback }) {
  const shown = frames.map(({ file, line, function: name, code, folded }) =>
    folded ? "…" : `${name} (${file}:${line})${code ? `\n    ${code}` : ""}`,
  );
  return traceback ?? shown.filter((text, place) => text !== shown[place - 1]).join("\n");
}

function aboutOf({ event, time, attempt, by, worker, cause, text, text_code: code }) {
  const number = attempt && ["started", "retried"].includes(event) ? words.attemptNo(attempt) : "";
  const why = (event === "stack" && (words.causes[cause] ?? words.warnings[cause])) || cause;
  return joined(" · ", number, by, worker, why, text && translated(words.code, text, code, time));
}
