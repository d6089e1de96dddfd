// How far a task was when, as a line: one for each attempt, with a gap where it was paused.
const SPACE = "http://www.w3.org/2000/svg";
const WIDTH = 600;
const HEIGHT = 56;
const EDGE = 3;

function part(name, attributes) {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// Each attempt's points in milliseconds since 1970; the newest one ends with what the record says now.
export function runsOf(task, { entries, samples }) {
  const begun = new Map(
    entries
      .filter(({ event }) => event === "started")
      .map(({ attempt, time }) => [attempt, Date.parse(time)]),
  );
  const runs = samples
    .filter(({ attempt }) => begun.has(attempt))
    .map(({ attempt, points }) => {
      const start = begun.get(attempt);
      return { attempt, points: [[start, 0], ...points.map(([ms, count]) => [start + ms, count])] };
    });
  const newest = runs.at(-1);
  if (newest?.attempt === task.attempt) {
    const at = Date.parse(task.at);
    if (at >= newest.points.at(-1)[0]) newest.points.push([at, task.progress.current]);
  }
  return runs;
}

// From when the run waited, as far as that is known, to when it was let go on; the last one may go on.
export function pausesOf({ entries }) {
  const found = [];
  let since = null;
  for (const { event, time } of entries) {
    const at = Date.parse(time);
    if (event === "pause") since ??= at;
    else if (event === "acknowledged" && since !== null) since = at;
    else if (since !== null && ["resumed", "ended", "cancel", "end"].includes(event)) {
      found.push([since, at]);
      since = null;
    }
  }
  return since === null ? found : [...found, [since, Infinity]];
}

export function makeSparkline() {
  const svg = part("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    class: "spark",
  });
  let shown = "";

  // Draws the points; whether there are any.
  function show(task, timeline, words) {
    const runs = runsOf(task, timeline);
    const pauses = pausesOf(timeline);
    svg.toggleAttribute("hidden", !runs.length);
    const now = JSON.stringify([words.code, runs, pauses, task.progress.total]);
    if (now === shown || !runs.length) return runs.length > 0;
    shown = now;
    const all = runs.flatMap(({ points }) => points);
    const first = all[0][0];
    const last = Math.max(...all.map(([at]) => at));
    const most = Math.max(task.progress.total ?? 0, ...all.map(([, count]) => count), 1);
    const x = (at) => ((WIDTH * (at - first)) / Math.max(last - first, 1)).toFixed(1);
    const y = (count) => (HEIGHT - EDGE - ((HEIGHT - 2 * EDGE) * count) / most).toFixed(1);
    const within = (from, to) => pauses.some(([begin, end]) => begin < to && end > from);
    const lines = runs.map(({ points }) =>
      part("path", {
        d: points
          .map(
            ([at, count], i) =>
              `${i && !within(points[i - 1][0], at) ? "L" : "M"}${x(at)} ${y(count)}`,
          )
          .join(""),
        class: "line",
      }),
    );
    const marks = runs
      .slice(1)
      .map(({ points: [[at]] }) => part("path", { d: `M${x(at)} 0V${HEIGHT}`, class: "mark" }));
    svg.replaceChildren(...marks, ...lines);
    svg.setAttribute(
      "aria-label",
      words.spark(
        words.number(all.at(-1)[1]),
        task.progress.total && words.number(task.progress.total),
        (last - first) / 1000,
        runs.length,
        pauses.length,
      ),
    );
    return true;
  }

  return { element: svg, show };
}
