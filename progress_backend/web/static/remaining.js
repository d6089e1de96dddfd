// The time that a running task has left: a range where past runs tell one, or a clock.
import { clock } from "./words.js";

// Seconds of a unit, and up to how many seconds a range is told in it.
const UNITS = [[1, 90, "s"], [60, 90 * 60, "min"], [3_600, 36 * 3_600, "h"], [86_400, Infinity, "d"]];
// From this many seconds on a range in seconds is told in steps of so many.
const COARSE_S = 20, STEP = 5;

export function remainingText(task, words) {
  const { estimate, estimated_completion: likely, at } = task;
  const seconds = (until) => (Date.parse(until) - Date.parse(at)) / 1000;
  if (!estimate) return words.leftOf(clock(seconds(likely)));
  if (!estimate.latest) return words.varies;
  const passed = task.age() / 1000, most = seconds(estimate.latest) - passed;
  if (most <= 0) return words.longer;
  return words.leftOf(rangeText(Math.max(seconds(estimate.earliest) - passed, 0), most, words));
}

// Whole numbers of one unit, never closer than the range.
function rangeText(least, most, words) {
  const [size, , unit] = UNITS.find(([, until]) => most < until);
  const step = unit === "s" && most >= COARSE_S ? STEP : 1;
  const first = Math.floor(least / size / step) * step, last = Math.ceil(most / size / step) * step;
  const span = first === last ? `${last}` : first ? `${first}–${last}` : `≤${last}`;
  return `${span} ${words.units[unit]}`;
}
