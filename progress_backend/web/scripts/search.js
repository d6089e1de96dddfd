// The search field. Typed text hides the rows of this page that do not contain it. A suggestion filters the whole list.
// A complete id opens its task at once. After Enter, a whole symbol, type or owner, or the beginning of an id, filters
// the whole list.
import { element, say } from "./dom.js";
import { answered } from "./live.js";
import { errorOf, messageOf } from "./translated.js";
import { STATUSES } from "./words.js";

const NAMES = ["symbol", "task_type", "owner"];
const MOST = 300; // suggested values of rows
const SHORTEST_ID = 6; // characters that the API requires
const WHOLE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/; // as Celery makes them
const BEGINNING = /^[0-9a-f-]*\d[0-9a-f-]*$/;

// Returns a function that says whether an item matches; null without a search text.
export function matcher(text, words) {
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

// The filter under which the whole store has tasks with this value; undefined if there is none.
async function nameOf(value) {
  const found = await Promise.all(
    NAMES.map(async (name) => {
      const query = new URLSearchParams({ [name]: value, limit: 1 });
      const got = await answered(`internal/tasks?${query}`);
      return got?.ok && got.body.tasks.length && name;
    }),
  );
  return found.find(Boolean);
}

// typed(text) is called on input, choose(filters) for a suggestion or the beginning of an id, find(id) for a whole id.
export function makeSearch(field, found, { typed, choose, find }) {
  const list = element("datalist");
  const seen = new Map(); // "symbol 7203.T" -> [name, value]: of the rows loaded so far, and the types that have run
  let offered = new Map(); // a suggestion's text -> [name, value]
  let composing = false; // an input method editor holds an unfinished word
  let shown = 0;
  list.id = "suggested";
  field.setAttribute("list", list.id);
  field.after(list);

  function note(items, types) {
    for (const type of types) seen.set(`task_type ${type}`, ["task_type", type]);
    for (const item of items)
      for (const name of NAMES)
        if (item[name] && seen.size < MOST) seen.set(`${name} ${item[name]}`, [name, item[name]]);
  }

  // `counts`: the number of tasks by status, as far as known. Those by warning are read later than the list.
  function suggest(words, counts) {
    const some = STATUSES.filter((status) => counts[status] !== 0);
    offered = new Map([
      ...some.map((status) => [words.only.status(status), ["status", status]]),
      ...Object.keys(words.warnings).map((kind) => [words.only.warning(kind), ["warning", kind]]),
      ...[...seen.values()].map(([name, value]) => [words.only[name](value), [name, value]]),
    ]);
    const texts = [...offered.keys()];
    if (String(texts) === list.dataset.now) return; // new options would close an open list
    list.dataset.now = String(texts);
    list.replaceChildren(...texts.map((text) => new Option(text, text)));
  }

  function show(text, words, within, all, counts) {
    shown = within;
    suggest(words, counts);
    if (field.value !== text && !composing) field.value = text;
    field.placeholder = words.search;
    field.setAttribute("aria-label", words.search);
    say(found, text.trim() ? words.within(within, all) : "");
    found.hidden = !found.textContent;
  }

  function take() {
    const text = field.value.trim();
    const [name, value] = offered.get(text) ?? ["id_prefix", text];
    choose({ [name]: value, text: "" });
  }

  // For an option chosen from the datalist, inputType is insertReplacementText, or undefined in some browsers.
  function look({ inputType }) {
    if (composing) return;
    const picked = inputType === "insertReplacementText" || inputType === undefined;
    if (WHOLE_ID.test(field.value.trim())) find(field.value.trim());
    else if (picked && offered.has(field.value)) take();
    else typed(field.value);
  }

  async function enter() {
    const text = field.value.trim();
    if (!text || offered.has(text)) return text && take();
    const name = await nameOf(text);
    if (field.value.trim() !== text) return; // another text was typed meanwhile
    const isId = text.length >= SHORTEST_ID && (BEGINNING.test(text) || !shown);
    if (name) choose({ [name]: text, text: "" });
    else if (isId) take();
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
  return { note, show };
}
