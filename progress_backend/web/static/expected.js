// What the live page shows of a waiting task: its place, and when it starts.
import { alive } from "./details.js";
import { rangeTo } from "./remaining.js";

// The place of a waiting task; where no worker is alive, that.
export function placeText(ahead, words) {
  if (ahead == null) return "";
  return alive.workers === 0 ? words.noWorker : words.before(ahead);
}

// When a waiting task is likely to start.
export function startText(task, start, words) {
  return start && alive.workers !== 0
    ? (rangeTo(start, task, words, words.startsIn) ?? words.waitsLonger)
    : "";
}
