// The heading of a section of the list, with its number of tasks. A button in the heading of the waiting tasks hides and
// shows them; next to it are the oldest one, its place and its expected start.
import { alive } from "./details.js";
import { button, element, say } from "./dom.js";
import { placeText, startText } from "./expected.js";
import { joined, words } from "./page_words.js";
import { TASK } from "./task.js";
import { stillRuns } from "./unsettled.js";

export const SECTIONS = ["running", "paused", "created", "today", "earlier"];
export const isHeading = (key) => SECTIONS.includes(key.slice(1)) && key[0] === "\t";

// The section of a task or workflow; `today`: when the reader's day began.
export function sectionOf(item, today) {
  if (stillRuns(item)) return "running";
  if (SECTIONS.includes(item.status)) return item.status;
  return Date.parse(item.end_time ?? item.created_at) >= today ? "today" : "earlier";
}

// turn() is called when the user shows or hides the rows of the section.
export function makeSection({ section }, turn) {
  const toggle = button("toggle", turn);
  const heading = element("h2");
  const next = element("span", "next");
  const cell = element("td", "", heading, next);
  const made = element("tr", "section", cell);
  const place = section === "created" ? toggle : heading;
  if (place === toggle) heading.append(toggle);
  cell.colSpan = 5;

  function show({ count, open, first }) {
    say(place, words.counted(count, words[section]));
    if (place === heading) return;
    toggle.setAttribute("aria-expanded", String(open));
    say(next, first && !open ? nextText(first) : "");
  }

  return { element: made, show };
}

function nextText(task) {
  const name = task.workflow_id ? task.name || words.workflow : TASK.name(task);
  const start =
    startText(task, task.start_estimate) || (alive.workers === 0 && placeText(task.ahead));
  return joined(" · ", words.first(name), start);
}
