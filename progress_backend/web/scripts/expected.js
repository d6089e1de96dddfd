// A waiting task's place in its queue, and when it is expected to start.
import { alive } from "./details.js";
import { words } from "./page_words.js";
import { rangeTo } from "./remaining.js";

// Without a live worker the place would say nothing about the start.
export function placeText(ahead) {
  if (ahead == null) return "";
  return alive.workers === 0 ? words.noWorker : words.before(ahead);
}

// `start` is the record's start_estimate.
export function startText(task, start) {
  return start && alive.workers !== 0 ? (rangeTo(start, task, words, words.startsIn) ?? "") : "";
}
