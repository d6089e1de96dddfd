// In which order the list is, as far as the service has an order for what is chosen.
const ENDS = ["completed", "error", "cancelled"];
const OTHERS = ["owner", "task_type", "symbol", "warning"];

// What can be chosen; without a name what runs stands first, or, where there is a filter, the newest.
export function sortsOf({ status, id_prefix: beginning, ...chosen }) {
  const filtered = OTHERS.some((name) => chosen[name]);
  const byEnd = !filtered && (!status || ENDS.includes(status));
  if (beginning) return [""];
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
    if (select.value !== (chosen.sort ?? "")) select.value = chosen.sort ?? ""; // which would move an open menu
    select.hidden = sorts.length < 2;
    select.setAttribute("aria-label", words.sort);
  };
}
