// The search field. Typed text hides the rows of this page that do not contain it. A suggestion filters the whole list.
// A complete id opens its task at once. After Enter, a whole symbol, type or owner, or the beginning of an id or symbol,
// filters the whole list.
import { element, redraw, sayOrHide } from "./dom.js";
import { answered } from "./live.js";
import { words } from "./page_words.js";
import { errorOf, messageOf } from "./translated.js";

const NAMES = ["symbol", "task_type", "owner"];
const ENTERED = [...NAMES, "id_prefix", "symbol_prefix"];
const WHOLE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/; // as Celery makes them

// Returns a function that says whether an item matches; null without a search text.
export function matcher(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return null;
  return (item) =>
    [
      item.task_id,
      item.task_type,
      item.symbol,
      item.name,
      item.owner,
      item.text,
      item.error_message,
      messageOf(item, words),
      errorOf(item, words),
    ].some((one) => one?.toLowerCase().includes(wanted));
}

// The filter under which the store has tasks with this value; undefined if there is none.
async function filterOf(value) {
  const found = await Promise.all(
    ENTERED.map(async (name) => {
      const query = new URLSearchParams({ [name]: value, limit: 1 });
      const got = await answered(`internal/tasks?${query}`);
      return got?.ok && got.body.tasks.length && name;
    }),
  );
  return found.find(Boolean);
}

// typed(text) is called on input, choose(filters) for a suggestion or after Enter, find(id) for a whole id.
export function makeSearch(field, found, { typed, choose, find }) {
  const list = element("datalist", { id: "suggested" });
  let offered = new Map(); // a suggestion's text -> [name, value]
  let composing = false; // an input method editor holds an unfinished word
  let missing = ""; // the text of Enter that no task begins with
  field.placeholder = field.ariaLabel = words.search;
  field.setAttribute("list", list.id);
  field.after(list);

  // The values of the shown rows, and `types` that have tasks: each finds some.
  function suggest(items, types) {
    const tasks = items.filter(({ workflow_id: workflow }) => !workflow);
    const values = tasks.flatMap((task) => NAMES.map((name) => [name, task[name]]));
    const all = [...types.map((type) => ["task_type", type]), ...values];
    const some = all.filter(([, value]) => value);
    offered = new Map(some.map(([name, value]) => [words.only[name](value), [name, value]]));
    const texts = [...offered.keys()];
    redraw(list, texts, () => texts.map((text) => new Option(text, text))); // new options would close an open list
  }

  function show(text, within, all, items, types) {
    suggest(items, types);
    if (field.value !== text && !composing) field.value = text;
    const none = missing && missing === text.trim() && words.notAmong;
    sayOrHide(found, text.trim() ? none || words.within(within, all) : "");
  }

  function take([name, value]) {
    choose({ [name]: value, text: "" });
  }

  // For an option chosen from the datalist, inputType is insertReplacementText, or undefined in some browsers.
  function look({ inputType }) {
    if (composing) return;
    const picked = inputType === "insertReplacementText" || inputType === undefined;
    if (WHOLE_ID.test(field.value.trim())) find(field.value.trim());
    else if (picked && offered.has(field.value)) take(offered.get(field.value));
    else typed(field.value);
  }

  async function enter() {
    const text = field.value.trim();
    if (!text) return;
    const filter = offered.get(text) ?? [await filterOf(text), text];
    if (field.value.trim() !== text) return; // another text was typed meanwhile
    if (filter[0]) return take(filter);
    missing = text;
    typed(field.value);
  }

  field.oninput = look;
  field.addEventListener("compositionstart", () => {
    composing = true;
  });
  field.addEventListener("compositionend", () => {
    composing = false;
    look({ inputType: "insertText" });
  });
  field.onkeydown = ({ key, isComposing }) => {
    if (key === "Enter" && !isComposing) enter();
  };
  return { show };
}
