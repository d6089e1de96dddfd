// What a person selects, to pause, resume or cancel it together: tasks and workflows that are ticked, or
// all tasks that pass the filter. Loaded once somebody wants to select.
import { sure } from "./acts.js";
import { actOn, CHANGES, MOST } from "./many.js";
import { button, element } from "./dom.js";
import { WORDS } from "./selection_words.js";

const ACTS = ["pause", "resume", "cancel"];

// The key of a workflow's row is a line feed and its id.
const isWorkflow = (key) => key.startsWith("\n");

// `rows` gives the rows that are seen, in their order, as [key, row]; `filters` what is chosen, null
// where nothing is; `total` how many pass that, null where nobody counts; `acted`
// is called after an act, `over` at the end.
export function makeSelection(bar, { rows, filters, total, acted, over }) {
  const chosen = new Set();
  const line = element("span", "report");
  const all = button("", () => {
    everything = !everything;
    outcome = "";
    draw();
  });
  const page = button("", () => choose(ids()));
  const done = button("", over);
  const acts = ACTS.map((name) => [
    name,
    button(name === "cancel" ? "danger" : "", () => act(name)),
  ]);
  let words = null;
  let everything = false;
  let last = null;
  let busy = false;
  let outcome = "";
  const boxes = new Map();
  let of = null;
  line.setAttribute("role", "status");
  bar.replaceChildren(
    line,
    page,
    all,
    element("span", "acts", ...acts.map(([, one]) => one)),
    done,
  );

  const ids = () => rows().map(([id]) => id);

  function choose(more) {
    outcome = "";
    for (const id of more) if (chosen.size < MOST) chosen.add(id);
    draw();
  }

  // With the shift key all from the last one that was ticked.
  function tick(id, on, shift) {
    outcome = "";
    everything = false;
    const shown = ids();
    const [a, b] = [shown.indexOf(last), shown.indexOf(id)];
    const some = shift && a >= 0 && b >= 0 ? shown.slice(Math.min(a, b), Math.max(a, b) + 1) : [id];
    for (const one of some) {
      if (!on) chosen.delete(one);
      else if (chosen.size < MOST) chosen.add(one);
    }
    last = id;
    draw();
  }

  // The box of a row; it stays that row's.
  function box(id) {
    if (!boxes.has(id)) {
      const made = element("input", "tick");
      made.type = "checkbox";
      made.onclick = ({ shiftKey }) => tick(id, made.checked, shiftKey);
      boxes.set(id, made);
    }
    return boxes.get(id);
  }

  // Whether it has a meaning for what is selected.
  function may(name) {
    const status = everything && filters()?.status;
    const fits = (one) => !one || CHANGES[name].includes(one);
    if (busy || everything) return !busy && fits(status);
    const seen = new Map(rows());
    return [...chosen].some((key) => fits(seen.get(key)?.dataset.status));
  }

  async function act(name) {
    if (!may(name)) return;
    const filter = everything ? filters() : null;
    const workflows = [...chosen].filter(isWorkflow).map((key) => key.slice(1));
    const what = filter
      ? { filter }
      : { ids: [...chosen].filter((key) => !isWorkflow(key)), workflows };
    const counts = filter ? [total(), 0] : [what.ids.length, workflows.length];
    if (
      (name === "cancel" || filter) &&
      !(await sure(
        words.sure(name, ...counts),
        words.how(name, filter),
        words.yes(name, ...counts),
        name === "cancel",
      ))
    )
      return;
    const began = of;
    busy = true;
    report({ tasks: 0, workflows: 0 });
    const so = await actOn(what, name, words, report);
    outcome = words.report(so, counted(so.refused));
    chosen.clear();
    for (const key of of === began ? so.left : []) chosen.add(key); // to be asked once more
    [busy, everything] = [false, false];
    acted();
    draw();
  }

  function report(so, waits = 0) {
    outcome = words.going(so, waits);
    draw();
  }

  // What is ticked stays from page to page, and is forgotten with the filter.
  function show(inWords) {
    const now = JSON.stringify(filters());
    words = { ...inWords, ...WORDS[inWords.code] };
    if (now !== of && !busy) {
      chosen.clear();
      everything = false;
    }
    of = now;
    for (const [id, row] of rows())
      if (!row.contains(box(id))) row.firstElementChild.prepend(box(id));
    draw();
  }

  function leave() {
    for (const made of boxes.values()) made.remove();
  }

  function draw() {
    if (!words) return;
    for (const [id, made] of boxes) {
      if (!made.isConnected) {
        boxes.delete(id);
        continue;
      }
      made.checked = everything || chosen.has(id);
      made.setAttribute(
        "aria-label",
        isWorkflow(id) ? words.selectWorkflow(id.slice(1)) : words.select(id),
      );
    }
    line.textContent =
      outcome || (everything ? words.all(total()) : words.selected(chosen.size, MOST));
    page.textContent = words.page;
    all.textContent = everything ? words.onlyTicked : words.all(total());
    all.hidden = filters() === null || total() === 0;
    done.textContent = words.done;
    for (const [name, button] of acts) {
      button.textContent = words[name];
      button.disabled = !may(name);
    }
  }

  return { show, leave };
}

// How often each reason was given.
function counted(refused) {
  const counts = new Map();
  for (const why of refused.values()) counts.set(why, (counts.get(why) ?? 0) + 1);
  return [...counts];
}
