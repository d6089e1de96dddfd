// One task or workflow as a table row that is updated in place. A click anywhere in it opens the record.
import { makeActions } from "./actions.js";
import { makeBar } from "./bar.js";
import { makeCopy } from "./copy.js";
import { button, element, say, sayCut, showWarnings } from "./dom.js";
import { figuresOf } from "./figures.js";
import { absolute } from "./record_parts.js";
import { agoOf, TASK } from "./task.js";

// A button that filters the list by a value of the row. page.js and record.js receive its event.
function makePick(filter) {
  let value = "";
  const made = button(`pick ${filter}`, () =>
    made.dispatchEvent(new CustomEvent("choose", { bubbles: true, detail: { [filter]: value } })),
  );

  function show(now, words) {
    value = now ?? "";
    made.hidden = !value;
    if (made.hidden) return;
    const label = words.only[filter](value);
    made.setAttribute("aria-label", label);
    sayCut(made, filter === "owner" ? value : "", label);
  }

  return { element: made, show };
}

const idOf = ({ workflow_id: workflow, task_id: task }) => workflow || task;

// A name with dots is truncated before its last dot: the last part stays visible.
function makeName() {
  const path = element("span", "path");
  const leaf = element("span", "leaf");
  leaf.dir = "auto"; // right-to-left text is truncated at its end, too
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
  const picks = kind.filters
    ? ["owner", "task_type", "symbol"].map((one) => [one, makePick(one)])
    : [];
  const warnings = element("span", "warnings");
  const marks = picks.map(([, pick]) => pick.element);
  const copy = makeCopy("pick copy", () => idOf(task), "copyId");
  const name = element("div", "name", link, ...marks, copy.element, warnings);
  const line = element("span");
  const problem = element("small");
  const message = element("div", "message", line, " ", problem);
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
  message.dir = "auto";
  made.append(actions.element);
  for (const mark of [...marks, copy.element]) mark.tabIndex = -1;
  made.onkeydown = moveFocus;
  made.tabIndex = -1;

  // Tab moves from row to row, the arrow keys move between the buttons of a row.
  function moveFocus({ key, target }) {
    const all = [...made.querySelectorAll("a, button")].filter((one) => one.checkVisibility());
    all[all.indexOf(target) + { ArrowRight: 1, ArrowLeft: -1 }[key]]?.focus();
  }

  function showMessage(words) {
    const why = kind.why(task, words);
    const text = kind.text(task, words);
    const cause = kind.cause?.(task, words);
    sayCut(line, cause || text, cause ? why : text);
    sayCut(problem, cause ? text : why);
    message.title = line.title || problem.title;
    // Of a waiting task the place in the queue is read later: its line has its room before.
    message.hidden = task.status !== "created" && !line.textContent && !problem.textContent;
  }

  function showName(words) {
    const [name, other] = kind.names(task, words);
    first.show(name);
    type.show(other);
    type.parts[0].parentNode.hidden = !other;
    copy.say(words);
    copy.element.title = idOf(task);
    const title = `${kind.name(task, words)}\n${idOf(task)}`;
    if (link.title !== title) link.title = title;
    link.setAttribute("aria-label", [name, other].filter(Boolean).join(" "));
    link.href = kind.page(task, words);
    const values = kind.filters?.(task);
    for (const [filter, pick] of picks) pick.show(values[filter], words);
  }

  // Draws only the texts that change with time.
  function tick(words) {
    say(time, kind.time(task, words));
    const [text, moment] = agoOf(task, words);
    sayCut(ago, text, moment ? absolute(moment) : "");
  }

  function show(now, words) {
    task = now;
    made.dataset.status = task.status;
    Object.assign(made.dataset, kind.data(task));
    status.className = `status ${task.status}`;
    sayCut(state, kind.status(task, words));
    showWarnings(warnings, kind.warnings?.(task, words) ?? []);
    showName(words);
    progress.className = `progress ${task.status}`;
    bar.show(task, kind.name(task, words));
    const [share, counted] = figuresOf(task, words);
    say(percent, share);
    sayCut(count, counted);
    sayCut(rate, kind.rate(task, words) ?? "");
    time.title = task.start_time ? words.since(task.start_time) : "";
    tick(words);
    showMessage(words);
    actions.show(task, words);
  }

  return { element: made, show, tick, name, bar };
}
