// Small charts of what the work of the last hour came to: tasks ended a minute, and how long each type takes.
import { element } from "./row.js";
import { clock } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const ENDS = ["error", "cancelled", "completed"]; // from the bottom
const WIDTH = 600, HEIGHT = 80, GAP = 2;

function drawn(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const sum = (minute) => ENDS.reduce((all, end) => all + minute[end], 0);

// "22:10", as the service writes it.
const timeOf = (text) => text.slice(11, 16);

// One bar a minute, of which each end has its part. Who cannot see it is told the sums.
export function makeBars() {
  const chart = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  const said = element("p", "said"), from = element("span"), until = element("span");
  const made = element("div", "bars", said, chart, element("div", "axis", from, until));
  let known = "";

  function show(minutes, words) {
    const sums = Object.fromEntries(ENDS.map((end) => [end, minutes.reduce((all, one) => all + one[end], 0)]));
    const most = minutes.reduce((best, one) => (sum(one) > sum(best) ? one : best), minutes[0]);
    const text = words.summed(sums);
    said.textContent = text;
    chart.setAttribute("aria-label", sum(sums) ? `${text}; ${words.most(sum(most), timeOf(most.at))}` : text);
    from.textContent = timeOf(minutes[0].at);
    until.textContent = timeOf(minutes.at(-1).at);
    const now = JSON.stringify(minutes);
    if (now === known) return;
    known = now;
    const width = WIDTH / minutes.length, unit = (HEIGHT - GAP) / Math.max(sum(most), 4);
    chart.replaceChildren(...minutes.flatMap((minute, place) => {
      let top = HEIGHT;
      return ENDS.filter((end) => minute[end]).map((end) => {
        const height = minute[end] * unit;
        top -= height;
        return drawn("rect", { class: end, x: place * width + GAP / 2, y: top, width: Math.max(width - GAP, 1), height });
      });
    }));
  }

  return { element: made, show };
}

// A type a row, the slowest first, with its duration as a bar beside the text.
export function makeTypes() {
  const head = element("tr"), body = element("tbody"), table = element("table", "types", element("thead", "", head), body);

  function show(types, words) {
    head.replaceChildren(...["type", "took", "waited", "runs"].map((name) => {
      const cell = element("th", name, words[name]);
      cell.scope = "col";
      return cell;
    }));
    const longest = Math.max(...types.map((one) => one.median_run_s ?? 0), 0.001);
    const sorted = [...types].sort((a, b) => (b.median_run_s ?? 0) - (a.median_run_s ?? 0));
    body.replaceChildren(...sorted.map((one) => {
      const fill = element("i"), took = element("td", "took", element("span", "", lasting(one.median_run_s, words)), element("div", "bar", fill));
      fill.style.width = `${100 * (one.median_run_s ?? 0) / longest}%`;
      return element("tr", "", element("td", "type", one.task_type), took,
        element("td", "waited", lasting(one.median_wait_s, words)), element("td", "runs", words.number(one.runs)));
    }));
  }

  return { element: table, show };
}

// "1:15"; of what is short, "0.3 s".
function lasting(seconds, words) {
  if (seconds == null) return words.unknown;
  return seconds < 10 ? `${Number(seconds.toPrecision(2))} ${words.units.s}` : clock(seconds);
}
