// Buttons of which one is pressed: all tasks, or those of one status, each with how many these are.
import { say } from "./row.js";
import { STATUSES } from "./words.js";

export function makeChips(place, choose) {
  const chips = [null, ...STATUSES].map((status) => {
    const button = document.createElement("button");
    const label = document.createElement("span");
    const count = document.createElement("b");
    button.type = "button";
    button.dataset.filter = status ?? "all";
    button.onclick = () => choose(status);
    button.append(label, " ", count);
    return { status, button, label, count };
  });
  place.setAttribute("role", "group");
  place.append(...chips.map(({ button }) => button));

  // `counts` null while they are not known; `empty` whether a status that no task has is there, too.
  return function show(counts, chosen, words, empty = true) {
    const all = STATUSES.reduce((sum, status) => sum + (counts?.[status] ?? 0), 0);
    for (const { status, button, label, count } of chips) {
      const number = status ? counts?.[status] : all;
      button.toggleAttribute(
        "data-none",
        counts !== null && !number && status !== null && status !== chosen,
      );
      button.hidden = !(empty || number || status === chosen);
      button.setAttribute("aria-pressed", String(chosen === status));
      say(label, words[status ?? "all"]);
      say(count, counts ? words.number(number) : "");
    }
  };
}
