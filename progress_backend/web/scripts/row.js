// One task or workflow as a table row that is updated in place. A click anywhere in it opens the record.
import { makeActions } from "./actions.js";
import { makeBar } from "./bar.js";
import { makeCopy } from "./copy.js";
import { button, element, nextTo, say, sayCut, showWarnings } from "./dom.js";
import { figuresOf } from "./figures.js";
import { joined, words } from "./page_words.js";
import { absolute } from "./record_parts.js";
import { agoOf, TASK } from "./task.js";

const FILTERS = ["owner", "task_type", "symbol"];

// A button that filters the list by a value of the row. page.js and record.js receive its event.
function makePick(filter) {
  let value = "";
  const made = button(`pick ${filter}`, () =>
    made.dispatchEvent(new CustomEvent("choose", { bubbles: true, detail: { [filter]: value } })),
  );

  function show(now) {
    value = now ?? "";
    made.hidden = !value;
    if (made.hidden) return;
    const label = words.only[filter](value);
    made.ariaLabel = label;
    sayCut(made, filter === "owner" ? value : "", label);
  }

  return { element: made, show };
}

const idOf = ({ workflow_id: workflow, task_id: task }) => workflow || task;

// A name with dots is truncated before its last dot: the last part stays visible.
function makeName() {
  const path = element("span", "path");
  const leaf = element("span", { className: "leaf", dir: "auto" }); // right-to-left text is truncated at its end, too
  function show(text) {
    const dot = text.lastIndexOf(".") + 1;
    say(path, text.slice(0, dot));
    say(leaf, text.slice(dot));
  }
  return { parts: [path, leaf], show };
}

export function makeRow(act, kind = TASK) {
  const state = element("span");
  const status = element("td", "", state);
  const first = makeName();
  const type = makeName();
  const link = element(
    "a",
    "open",
    element("strong", "", ...first.parts),
    " ",
    element("span", "type", ...type.parts),
  );
  const picks = (kind.filters ? FILTERS : []).map((one) => [one, makePick(one)]);
  const warnings = element("span", "warnings");
  const marks = picks.map(([, pick]) => pick.element);
  const copy = makeCopy("pick copy", () => idOf(task), words.copyId);
  const name = element("div", "name", link, ...marks, copy, warnings);
  const line = element("span");
  const problem = element("small");
  const message = element("div", { className: "message", dir: "auto" }, line, " ", problem);
  const percent = element("b");
  const count = element("span");
  const rate = element("span", "rate");
  const bar = makeBar();
  const progress = element("td", "", bar.element, element("div", "figures", percent, count), rate);
  const time = element("span", "time");
  const ago = element("small", "ago");
  const made = element(
    "tr",
    "",
    status,
    element("td", "task", name, message),
    progress,
    element("td", "since", time, ago),
  );
  const actions = makeActions("td", "actions", { kind, act, last: made });
  let task = null;
  made.append(actions.element);
  for (const mark of [...marks, copy]) mark.tabIndex = -1;
  // Tab moves from row to row, the arrow keys move between the buttons of a row.
  made.onkeydown = (event) => nextTo(event, made.querySelectorAll("a, button"))?.focus();
  made.tabIndex = -1;

  function showMessage() {
    const why = kind.why(task);
    const text = kind.text(task);
    const cause = kind.cause(task);
    sayCut(line, cause || text, cause ? why : text);
    sayCut(problem, cause ? text : why);
    message.title = line.title || problem.title;
    // Of a waiting task the place in the queue is read later: its line has its room before.
    message.hidden = task.status !== "created" && !line.textContent && !problem.textContent;
  }

  function showName() {
    const [name, other] = kind.names(task);
    first.show(name);
    type.show(other);
    type.parts[0].parentNode.hidden = !other;
    copy.title = idOf(task);
    link.title = `${kind.name(task)}\n${idOf(task)}`;
    link.ariaLabel = joined(" ", name, other);
    link.href = kind.page(task);
    const values = kind.filters?.(task);
    for (const [filter, pick] of picks) pick.show(values[filter]);
  }

  // Draws only the texts that change with time.
  function tick() {
    say(time, kind.time(task));
    const [text, moment] = agoOf(task);
    sayCut(ago, text, absolute(moment));
  }

  function show(now) {
    task = now;
    made.dataset.status = task.status;
    Object.assign(made.dataset, kind.data(task));
    status.className = `status ${task.status}`;
    sayCut(state, kind.status(task));
    showWarnings(warnings, kind.warnings(task));
    showName();
    progress.className = `progress ${task.status}`;
    bar.show(task, kind.name(task));
    const [share, counted] = figuresOf(task, words);
    say(percent, share);
    sayCut(count, counted);
    sayCut(rate, kind.rate(task) ?? "");
    time.title = task.start_time ? words.since(task.start_time) : "";
    tick();
    showMessage();
    actions.show(task);
  }

  return { element: made, show, tick };
}
