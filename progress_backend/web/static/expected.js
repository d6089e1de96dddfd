// What only the live page shows of an estimate: when a waiting task starts, and where a bar may end.
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

// Where the bar's end may be by the time that is left: the shares of all work that are done if the run
// goes on slowly and fast, in percent; null where that is not known.
export function softEnd({ status, estimate, at, progress: { percentage } }) {
  if (status !== "running" || !estimate?.latest || percentage <= 0 || percentage >= 100)
    return null;
  const left = (until) => Math.max(Date.parse(until) - Date.parse(at), 1);
  const done = (left(estimate.likely) * percentage) / (100 - percentage);
  return [estimate.latest, estimate.earliest].map((until) => (100 * done) / (done + left(until)));
}
