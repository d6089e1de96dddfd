// One row in place of all waiting tasks: their number, and the oldest task with its place and expected start.
import { placeText, startText } from "./expected.js";
import { alive, detailsOf } from "./details.js";
import { button, element, say } from "./dom.js";
import { TASK } from "./task.js";

// Fewer waiting tasks have ordinary rows.
export const LEAST = 4;

// turn() is called when the user expands or collapses the row.
export function makeFold(turn) {
  const toggle = button("toggle", turn);
  const next = element("span", "next");
  const cell = element("td", "", toggle, next);
  const made = element("tr", "fold", cell);
  cell.colSpan = 5;

  function show({ count, open, first }, words) {
    say(toggle, words.waiting(count));
    toggle.setAttribute("aria-expanded", String(open));
    say(next, first && !open ? nextText(first, words) : "");
  }

  return { element: made, show, focus: () => toggle.focus() };
}

function nextText(task, words) {
  const name = task.workflow_id ? task.name || words.workflow : TASK.name(task);
  const details = detailsOf(task);
  const start =
    startText(task, details?.start, words) ||
    (alive.workers === 0 && placeText(details?.ahead, words));
  return [words.first(name), start].filter(Boolean).join(" · ");
}
