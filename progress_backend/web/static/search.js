// The search field: what is typed shows only those rows of the page that have it; Enter asks the service
// for the newest tasks whose ids begin so.
import { say } from "./dom.js";
import { errorOf, messageOf } from "./translated.js";

// Whether a row is to be seen; null where nothing is typed.
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

const SHORTEST_ID = 6; // characters that the service wants
const WHOLE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/; // as Celery makes them

// `typed` is called with the text, `askedFor` with the beginning of ids.
export function makeSearch(field, found, typed, askedFor) {
  let composing = false; // letters of which a word is being made: none of them is what is looked for

  function show(text, words, shown, all) {
    if (field.value !== text && !composing) field.value = text;
    field.placeholder = words.search;
    field.setAttribute("aria-label", words.search);
    say(found, text.trim() ? words.within(shown, all) : "");
    found.hidden = !found.textContent;
  }

  function ask() {
    const text = field.value.trim();
    if (text.length >= SHORTEST_ID) askedFor(text);
  }

  function look() {
    if (composing) return;
    if (WHOLE_ID.test(field.value.trim())) ask();
    else typed(field.value);
  }

  field.oninput = look;
  field.addEventListener("compositionstart", () => {
    composing = true;
  });
  field.addEventListener("compositionend", () => {
    composing = false;
    look();
  });
  field.onkeydown = ({ key, isComposing }) => {
    if (key === "Enter" && !isComposing) ask();
  };
  return { show };
}
