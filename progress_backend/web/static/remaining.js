// The time that a running task has left: a range where past runs give one, or a clock.
import { clock } from "./words.js";

// Seconds of a unit, and up to how many seconds a range is written in it.
const UNITS = [
  [1, 90, "s"],
  [60, 90 * 60, "min"],
  [3_600, 36 * 3_600, "h"],
  [86_400, Infinity, "d"],
];
// From this many seconds on a range in seconds is written in steps of so many.
const COARSE_S = 20;
const STEP = 5;

export function remainingText(task, words) {
  const { estimate, estimated_completion: likely, at } = task;
  if (!estimate) {
    const left = (Date.parse(likely) - Date.parse(at)) / 1000;
    return left > task.age() / 1000 ? words.leftOf(clock(left)) : ""; // what is usual is not known
  }
  if (!estimate.latest) return words.varies;
  return rangeTo(estimate, task, words, words.leftOf) ?? words.longer;
}

// How long it is to a range of instants, now; nothing past its end.
export function rangeTo({ earliest, latest }, task, words, write) {
  const left = (until) => (Date.parse(until) - Date.parse(task.at) - task.age()) / 1000;
  return left(latest) > 0
    ? write(rangeText(Math.max(left(earliest), 0), left(latest), words))
    : null;
}

// Whole numbers of one unit, never closer than the range.
function rangeText(least, most, words) {
  const [size, , unit] = UNITS.find(([, until]) => most < until);
  const step = unit === "s" && most >= COARSE_S ? STEP : 1;
  const first = Math.floor(least / size / step) * step;
  const last = Math.ceil(most / size / step) * step;
  const span = first === last ? `${last}` : first ? `${first}–${last}` : `≤${last}`;
  return `${span} ${words.units[unit]}`;
}
