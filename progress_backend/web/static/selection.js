// Tasks that a person selects, to pause, resume or cancel them together: the ones that are ticked, or all
// that pass the filter. Loaded once somebody wants to select.
import { sure } from "./acts.js";
import { actOn, MOST, passing } from "./many.js";
import { element } from "./row.js";
import { WORDS } from "./selection_words.js";

const ACTS = ["pause", "resume", "cancel"];

// `rows` gives the rows of tasks that are seen, in their order, as [id, row]; `filters` what is chosen, null
// where nothing is; `total` how many pass that, null where nobody counts; `acted`
// is called after an act, `over` at the end.
export function makeSelection(bar, { rows, filters, total, acted, over }) {
  const chosen = new Set(), said = element("span", "said"), all = element("button"), page = element("button"), done = element("button");
  const acts = ACTS.map((name) => {
    const button = element("button", name === "cancel" ? "danger" : "");
    button.onclick = () => act(name);
    return [name, button];
  });
  let words = null, everything = false, last = null, busy = false, outcome = "", boxes = new Map(), of = null;
  for (const button of [all, page, done, ...acts.map(([, one]) => one)]) button.type = "button";
  said.setAttribute("role", "status");
  bar.replaceChildren(said, page, all, element("span", "acts", ...acts.map(([, one]) => one)), done);

  const ids = () => rows().map(([id]) => id);
  page.onclick = () => choose(ids());
  all.onclick = () => { everything = !everything; outcome = ""; draw(); };
  done.onclick = over;

  function choose(more) {
    outcome = "";
    for (const id of more) if (chosen.size < MOST) chosen.add(id);
    draw();
  }

  // With the shift key all from the last one that was ticked.
  function tick(id, on, shift) {
    outcome = "";
    everything = false;
    const shown = ids(), [a, b] = [shown.indexOf(last), shown.indexOf(id)];
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

  const count = () => (everything ? total() : chosen.size);

  async function act(name) {
    if (busy || !(everything || chosen.size)) return;
    const wanted = everything ? filters() : null, n = count();
    if ((name === "cancel" || wanted) && !(await sure(words.sure(name, n), words.how(name, wanted), words.yes(name, n), name === "cancel"))) return;
    busy = true;
    outcome = words.going(0);
    draw();
    const tasks = wanted ? await passing(wanted, name) : [...chosen].map((id) => ({ task_id: id }));
    if (tasks) {
      const { done, why } = await actOn(tasks, name, words, (so) => { outcome = words.going(so); draw(); });
      outcome = words.told(done, [...why], tasks.length >= MOST);
    } else outcome = words.unanswered;
    chosen.clear();
    [busy, everything] = [false, false];
    acted();
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
    for (const [id, row] of rows()) if (!row.contains(box(id))) row.firstElementChild.prepend(box(id));
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
      made.setAttribute("aria-label", words.select(id));
    }
    const n = count();
    said.textContent = outcome || (everything ? words.all(n) : words.selected(chosen.size, MOST));
    page.textContent = words.page;
    all.textContent = everything ? words.onlyTicked : words.all(total());
    all.hidden = filters() === null || total() === 0;
    done.textContent = words.done;
    for (const [name, button] of acts) {
      button.textContent = words[name];
      button.disabled = busy || !(everything || chosen.size);
    }
  }

  return { show, leave };
}
