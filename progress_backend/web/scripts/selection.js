// Selects tasks and workflows by checkboxes, or all tasks that match the filter, to pause, resume, cancel or run them
// again together. Made when the user presses "Select".
import { sure } from "./acts.js";
import { actOn, CHANGES, MOST, passing } from "./bulk_acts.js";
import { button, element } from "./dom.js";
import { joined, words } from "./page_words.js";

const ACTS = ["pause", "resume", "cancel", "again"];
const MOST_TYPES = 3;

// See keyOf() in rows.js.
const isWorkflow = (key) => key.startsWith("\n");

// rows() returns the visible rows as [key, element], filters() the chosen filters or null, total() the number of tasks
// that match them, null if unknown. acted() is called after an act, over() when the user leaves the selection.
export function makeSelection(bar, { rows, filters, total, acted, over }) {
  const chosen = new Map(); // key -> the status and type of its row or task
  const line = element("span", { className: "report", role: "status" });
  const all = button("", async () => {
    const found = await working(() => passing(filters()));
    if (!found) return;
    choose(found[0], ({ status, task_type: type }) => ({ status, type }));
    outcome = found[1];
    draw();
  });
  const page = button("", () => choose(rows(), seen), words.page);
  const done = button("", over, words.done);
  const acts = ACTS.map((name) => [
    name,
    button(name === "cancel" ? "danger" : "", () => act(name), words[name]),
  ]);
  let busy = false;
  let outcome = "";
  const boxes = new Map();
  let filterKey = null;
  bar.ariaLabel = words.selectMany;
  bar.replaceChildren(
    line,
    page,
    all,
    element("span", "acts", ...acts.map(([, one]) => one)),
    done,
  );

  const seen = ({ dataset: { status, type } }) => ({ status, type });

  function choose(more, known) {
    outcome = "";
    for (const [id, one] of more) if (chosen.size < MOST) chosen.set(id, known(one));
    draw();
  }

  function tick(id, on) {
    if (on) return choose([[id, new Map(rows()).get(id)]], seen);
    outcome = "";
    chosen.delete(id);
    draw();
  }

  // The checkbox of a row, created once.
  function box(id) {
    if (!boxes.has(id)) {
      const ariaLabel = words.select(id.trim());
      const made = element("input", { className: "tick", type: "checkbox", ariaLabel });
      made.onclick = () => tick(id, made.checked);
      boxes.set(id, made);
    }
    return boxes.get(id);
  }

  // Whether the act would change a selected item.
  const may = (name) => !busy && changed(name).length > 0;

  // The selected items that an act would change, as far as is known: an open one that is not visible may have any open
  // status by now. Only tasks are run again.
  function changed(name) {
    const visible = new Map(rows());
    for (const [key, row] of visible) if (chosen.has(key)) chosen.set(key, seen(row));
    return [...chosen].filter(([key, { status }]) => {
      if (name === "again") return CHANGES.again.includes(status) && !isWorkflow(key);
      return CHANGES[visible.has(key) ? name : "cancel"].includes(status);
    });
  }

  function isSure(name, count) {
    if (name === "cancel") return sure(words.sureAll(count), words.sureHow, words.yes(count));
    if (name !== "again") return true;
    const types = [...new Set(changed(name).map(([, { type }]) => type))];
    return sureAgain(count, types);
  }

  // Returns the result of work(), or null if the filter was changed meanwhile.
  async function working(work) {
    const began = filterKey;
    busy = true;
    draw();
    const done = await work();
    busy = false;
    return filterKey === began ? done : null;
  }

  async function act(name) {
    if (!may(name)) return;
    const keys = name === "again" ? changed(name).map(([key]) => key) : [...chosen.keys()];
    const workflows = keys.filter(isWorkflow).map((key) => key.slice(1));
    const what = { ids: keys.filter((key) => !isWorkflow(key)), workflows };
    if (!(await isSure(name, keys.length))) return;
    const known = new Map(chosen);
    report({ asked: 0 });
    let result = null;
    const left = await working(async () => {
      result = await actOn(what, name, report);
      return result.left;
    });
    outcome = outcomeOf(result, words.left);
    chosen.clear();
    for (const key of left ?? []) chosen.set(key, known.get(key)); // for another try
    acted();
    draw();
  }

  function report(result) {
    outcome = `${words.askedOf(result.asked)} ${words.goingOn}`;
    draw();
  }

  // The selection stays from page to page; another filter clears it.
  function show() {
    const now = JSON.stringify(filters());
    if (now !== filterKey && !busy) chosen.clear();
    filterKey = now;
    for (const [id, row] of rows())
      if (!row.contains(box(id))) row.firstElementChild.prepend(box(id));
    draw();
  }

  function leave() {
    for (const made of boxes.values()) made.remove();
  }

  function draw() {
    for (const [id, made] of boxes) {
      made.checked = chosen.has(id);
      if (!made.isConnected) boxes.delete(id);
    }
    line.textContent = outcome || words.selected(chosen.size, MOST);
    all.textContent = words.allMatching(total());
    all.disabled = busy;
    all.hidden = filters() === null || total() === 0;
    for (const [name, button] of acts) {
      button.disabled = !may(name);
      button.hidden = name === "again" && !document.body.dataset.start;
    }
  }

  return { show, leave };
}

export function sureAgain(count, types) {
  const some = [...types.slice(0, MOST_TYPES), ...(types.length > MOST_TYPES ? ["…"] : [])];
  return sure(words.sureAgainAll(count, some), words.sureAgainHow, words.yesAgain(count));
}

// What an act on many has done; `left` is the text if a failed request left some.
export function outcomeOf(result, left = "") {
  const refused = counted(result.refused).map(([why, n]) => words.notDone(n, why));
  const some = result.asked > 0 || refused.length === 0;
  const texts = [some && words.askedOf(result.asked), ...refused, result.stopped];
  return joined(" ", ...texts, result.left.length > 0 && left);
}

// Returns [reason, its count] for each reason.
function counted(refused) {
  const counts = new Map();
  for (const why of refused.values()) counts.set(why, (counts.get(why) ?? 0) + 1);
  return [...counts];
}
