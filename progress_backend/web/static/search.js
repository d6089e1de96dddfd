// The search field: what is typed shows only those rows of the page that have it.
import { translated } from "./translated.js";

// Whether a row is to be seen; null where nothing is typed.
export function matcher(text, words) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return null;
  return (item) => [
    item.task_id, item.task_type, item.symbol, item.name, item.owner, item.said, item.error_message,
    translated(words.code, item.said ?? ""), translated(words.code, item.error_message ?? ""),
  ].some((one) => one?.toLowerCase().includes(wanted));
}

// `typed` is called with the text, and whether nothing was typed before.
export function makeSearch(field, found, typed) {
  function show(text, words, shown, all) {
    if (field.value !== text) field.value = text;
    field.placeholder = words.search;
    field.setAttribute("aria-label", words.search);
    found.textContent = text.trim() ? words.within(shown, all) : "";
    found.hidden = !found.textContent;
  }

  field.oninput = () => typed(field.value);
  return { show };
}
