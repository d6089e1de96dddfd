// In which order the list is, as far as the service has an order for what is chosen.
const ENDS = ["completed", "error", "cancelled"];
const UNSORTED = ["remark", "id_prefix", "created_from", "created_to"];

// What can be chosen; without a name the newest are first.
export function sortsOf(chosen) {
  const { status, owner, task_type, symbol } = chosen, facets = task_type || symbol;
  if (UNSORTED.some((name) => chosen[name]) || (owner && facets)) return [""];
  if (ENDS.includes(status)) return owner || facets ? [""] : ["", "ended"];
  return status ? [""] : ["", "running"];
}

export function makeSortMenu(select, choose) {
  let offered = "";
  select.onchange = () => choose({ sort: select.value || null });

  return function show(chosen, words) {
    const sorts = sortsOf(chosen), now = `${words.code} ${sorts}`;
    if (now !== offered) {
      offered = now;
      select.replaceChildren(...sorts.map((sort) => new Option(words.sorts[sort || "newest"], sort)));
    }
    if (select.value !== (chosen.sort ?? "")) select.value = chosen.sort ?? ""; // which would move an open menu
    select.hidden = sorts.length < 2;
    select.setAttribute("aria-label", words.sort);
  };
}
