// A task's log: its newest lines, and new ones while the task runs.
import { answered } from "./live.js";
import { makeCopy } from "./copy.js";
import { words } from "./page_words.js";
import { section, timed } from "./record_parts.js";
import { button, element } from "./dom.js";
import { saveAs } from "./save.js";
import { here } from "./translated.js";

const LIMIT = 1_000;
const QUIET_MS = 4_000;
const AT_END_PX = 40;
const LEVELS = ["debug", "info", "warning", "error", "critical"];

export function makeLog(id) {
  const lines = element("div", {
    className: "log",
    role: "log",
    tabIndex: 0,
    ariaLabel: words.parts.log,
  });
  const search = element("input", {
    type: "search",
    placeholder: words.searchLog,
    ariaLabel: words.searchLog,
    oninput: filterAll,
  });
  const level = element("select", { ariaLabel: words.level, onchange: filterAll });
  const copy = makeCopy("copy", () => seen().map(textOf).join("\n"));
  const save = button("save", () => saveAs(`${id}.log`, fileText()), words.save);
  const tools = element("div", "tools", search, level, copy, save);
  const made = section("log", tools, lines);
  const earlier = element("p", "gone");
  let last = 0;
  let reading = false;
  let nextMs = 0;
  let whole = false;
  let of = null; // created_at of the record: a new record with the same id has another log
  level.append(...LEVELS.map((name) => new Option(words.levels[name], name)));
  made.hidden = true;

  function filterAll() {
    for (const line of lines.querySelectorAll("[data-line]")) filter(line);
  }

  const seen = () => [...lines.querySelectorAll("[data-line]:not([hidden])")];
  const textOf = ({ children }) => [...children].map((one) => one.textContent).join(" ");

  // The shown lines with their whole times, and where lines are gone.
  const fileText = () =>
    [...lines.children]
      .filter((one) => !one.hidden)
      .map((one) =>
        one.dataset.line ? one.firstChild.dateTime + textOf(one).slice(8) : one.textContent,
      )
      .join("\n");

  // Hides a line that does not contain the search text, or is below the chosen level.
  function filter(line) {
    const wanted = search.value.trim().toLowerCase();
    const high = LEVELS.indexOf(line.className) >= level.selectedIndex;
    line.hidden = !high || !line.lastChild.textContent.toLowerCase().includes(wanted);
  }

  async function read(task, over) {
    reading = true;
    const got = await answered(
      `internal/task/${encodeURIComponent(id)}/log?after=${last}&limit=${LIMIT}`,
    );
    reading = false;
    made.dataset.read = "yes";
    // A task without log lines is read less often. One that has ended is read once more, for its last lines.
    nextMs = performance.now() + (last || got?.body?.last ? 0 : QUIET_MS);
    if (!got?.ok || task.created_at !== of) return;
    const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < AT_END_PX;
    // Redis was restored from an older state: the API sends the lines of that log.
    if (got.body.lines[0]?.id <= last) {
      lines.replaceChildren();
      last = 0;
    }
    for (const line of got.body.lines) {
      if (last && line.id > last + 1)
        lines.append(element("p", "gone", words.linesGone(line.id - last - 1)));
      last = line.id;
      const at = timed(line.time, here(line.time).slice(11, 19));
      const level = element("b", "", line.level);
      const text = element("span", "", line.text);
      const made = element("p", line.level, at, level, text);
      made.dataset.line = line.id;
      filter(made);
      lines.append(made);
    }
    earlier.remove();
    while (lines.childElementCount > LIMIT) lines.firstChild.remove();
    const gone = Number(lines.querySelector("[data-line]")?.dataset.line ?? 1) - 1;
    if (gone) earlier.textContent = words.linesGone(gone) + words.logKeeps;
    if (gone) lines.prepend(earlier);
    if (got.body.lines.length && made.hidden) made.hidden = false;
    if (got.body.lines.length && atEnd) lines.scrollTop = lines.scrollHeight;
    whole = over && got.body.lines.length < LIMIT;
  }

  // Called each second, and when the record changes.
  function look(task, over) {
    if (!over) whole = false;
    if (task.created_at !== of) {
      of = task.created_at;
      last = nextMs = 0;
      whole = false;
      made.hidden = true;
      lines.replaceChildren();
    }
    if (!reading && !whole && performance.now() >= nextMs) read(task, over);
  }

  const newest = () => [...lines.querySelectorAll("[data-line]")].slice(-10).map(textOf);

  return { element: made, look, newest };
}
