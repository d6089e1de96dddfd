// The menu with the orders of the list that the API has an index for.
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
  let offered = "";
  select.onchange = () => choose({ sort: select.value || null });

  return function show(chosen, words) {
    const sorts = sortsOf(chosen);
    const unnamed = sorts.includes("newest") ? "running" : "newest";
    const now = `${words.code} ${sorts}`;
    if (now !== offered) {
      offered = now;
      select.replaceChildren(
        ...sorts.map((sort) => new Option(words.sorts[sort || unnamed], sort)),
      );
    }
    if (select.value !== (chosen.sort ?? "")) select.value = chosen.sort ?? ""; // else an open menu would move
    select.hidden = sorts.length < 2;
    select.setAttribute("aria-label", words.sort);
  };
}
