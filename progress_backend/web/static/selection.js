// What a person selects, to pause, resume or cancel it together: tasks and workflows that are ticked, also
// all tasks at once that pass the filter. Loaded once somebody wants to select.
import { sure } from "./acts.js";
import { actOn, CHANGES, MOST, passing } from "./many.js";
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
  const all = button("", async () => {
    const found = await working(() => passing(filters(), words));
    if (!found) return;
    choose(found[0]);
    outcome = found[1];
    draw();
  });
  const page = button("", () => choose(ids()));
  const done = button("", over);
  const acts = ACTS.map((name) => [
    name,
    button(name === "cancel" ? "danger" : "", () => act(name)),
  ]);
  let words = null;
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

  function tick(id, on) {
    outcome = "";
    if (!on) chosen.delete(id);
    else if (chosen.size < MOST) chosen.add(id);
    draw();
  }

  // The box of a row; it stays that row's.
  function box(id) {
    if (!boxes.has(id)) {
      const made = element("input", "tick");
      made.type = "checkbox";
      made.onclick = () => tick(id, made.checked);
      boxes.set(id, made);
    }
    return boxes.get(id);
  }

  // Whether it has a meaning for what is selected.
  function may(name) {
    const fits = (one) => !one || CHANGES[name].includes(one);
    const seen = new Map(rows());
    return !busy && [...chosen].some((key) => fits(seen.get(key)?.dataset.status));
  }

  // What `work` gives, unless another list was chosen meanwhile.
  async function working(work) {
    const began = of;
    busy = true;
    draw();
    const done = await work();
    busy = false;
    return of === began ? done : null;
  }

  async function act(name) {
    if (!may(name)) return;
    const workflows = [...chosen].filter(isWorkflow).map((key) => key.slice(1));
    const what = { ids: [...chosen].filter((key) => !isWorkflow(key)), workflows };
    const count = chosen.size;
    if (name === "cancel" && !(await sure(words.sureAll(count), words.sureHow, words.yes(count))))
      return;
    report({ asked: 0 });
    let so = null;
    const left = await working(async () => {
      so = await actOn(what, name, words, report);
      return so.left;
    });
    outcome = [
      words.askedOf(so.asked),
      ...counted(so.refused).map(([why, n]) => words.notDone(n, why)),
      so.stopped,
      so.left.length > 0 && words.left,
    ]
      .filter(Boolean)
      .join(" ");
    chosen.clear();
    for (const key of left ?? []) chosen.add(key); // to be asked once more
    acted();
    draw();
  }

  function report(so) {
    outcome = `${words.askedOf(so.asked)} ${words.goingOn}`;
    draw();
  }

  // What is ticked stays from page to page, and is forgotten with the filter.
  function show(inWords) {
    const now = JSON.stringify(filters());
    words = { ...inWords, ...WORDS[inWords.code] };
    if (now !== of && !busy) chosen.clear();
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
      made.checked = chosen.has(id);
      made.setAttribute("aria-label", words.select(id.trim()));
    }
    line.textContent = outcome || words.selected(chosen.size, MOST);
    page.textContent = words.page;
    all.textContent = words.all(total());
    all.disabled = busy;
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
