// The menu with the orders of the list that the API has an index for.
import { redraw } from "./dom.js";
import { words } from "./page_words.js";

export const ENDS = ["completed", "error", "cancelled"];
const OTHERS = ["owner", "task_type", "symbol", "warning"];

// The orders for these filters. "" is the default: running tasks first, or, with a filter, the newest first.
export function sortsOf({ status, id_prefix, symbol_prefix, ended_from, ...chosen }) {
  const filtered = OTHERS.some((name) => chosen[name]);
  const byEnd = !filtered && (!status || ENDS.includes(status));
  if (id_prefix || symbol_prefix || ended_from) return [""];
  const other = status ? [] : [filtered ? "running" : "newest"];
  return ["", ...other, ...(byEnd ? ["ended"] : [])];
}

export function makeSortMenu(select, choose) {
  select.onchange = () => choose({ sort: select.value || null });
  select.ariaLabel = words.sort;

  return function show(chosen) {
    const sorts = sortsOf(chosen);
    const unnamed = sorts.includes("newest") ? "running" : "newest";
    redraw(select, sorts, () =>
      sorts.map((sort) => new Option(words.sorts[sort || unnamed], sort)),
    );
    if (select.value !== (chosen.sort ?? "")) select.value = chosen.sort ?? ""; // else an open menu would move
    select.hidden = sorts.length < 2;
  };
}
