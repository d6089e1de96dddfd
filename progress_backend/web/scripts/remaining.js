// The time left of a running task: a range if past runs gave an estimate, else one duration.
import { nowOf } from "./moment.js";
import { clock } from "./words.js";

// A unit's seconds, the limit in seconds below which it is used, and its key in words.units.
const UNITS = [
  [1, 90, "s"],
  [60, 90 * 60, "min"],
  [3_600, 36 * 3_600, "h"],
  [86_400, Infinity, "d"],
];
// A range in seconds that reaches COARSE_S is rounded to multiples of STEP.
const COARSE_S = 20;
const STEP = 5;

export function remainingText(task, words) {
  if (task.warnings?.stalled) return "";
  const { estimate, estimated_completion: likely, at } = task;
  if (!estimate) {
    const left = (Date.parse(likely) - Date.parse(at)) / 1000;
    return left > task.age() / 1000 ? words.leftOf(clock(left)) : ""; // past runs are unknown: say nothing
  }
  return rangeTo(estimate, task, words, words.leftOf) ?? words.longer;
}

// write() receives the text of the time from now to a range of instants. Returns null after the range.
export function rangeTo({ earliest, latest }, task, words, write) {
  const left = (until) => (Date.parse(until) - nowOf(task)) / 1000;
  const least = earliest ? Math.max(left(earliest), 0) : 0;
  return left(latest) > 0 ? write(rangeText(least, left(latest), words)) : null;
}

// Rounds outwards to whole units, so that the text includes the whole range.
function rangeText(least, most, words) {
  const [size, , unit] = UNITS.find(([, until]) => most < until);
  const step = unit === "s" && most >= COARSE_S ? STEP : 1;
  const first = Math.floor(least / size / step) * step;
  const last = Math.ceil(most / size / step) * step;
  const span = first && first < last ? `${first}–${last}` : `${last}`;
  const text = `${span} ${words.units[unit]}`;
  return first ? text : words.upTo(text);
}
