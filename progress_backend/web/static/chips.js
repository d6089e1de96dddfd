// Buttons of which one is pressed: all tasks, or those of one status, each with how many these are.
import { button, element, say } from "./dom.js";
import { STATUSES } from "./words.js";

// `roves`: Tab reaches the one that is pressed, the arrows the others.
export function makeChips(place, choose, roves = false) {
  const chips = [null, ...STATUSES].map((status) => {
    const chip = button("", () => choose(status));
    const label = element("span");
    const count = element("b");
    chip.dataset.filter = status ?? "all";
    chip.append(label, " ", count);
    return { status, chip, label, count };
  });
  place.setAttribute("role", "group");
  place.addEventListener("keydown", ({ key, target }) => {
    const all = chips.map(({ chip }) => chip).filter((chip) => !chip.hidden);
    all[all.indexOf(target) + { ArrowRight: 1, ArrowLeft: -1 }[key]]?.focus();
  });
  let inSight = null;
  place.append(...chips.map(({ chip }) => chip));

  // `counts` null while they are not known; `empty` whether a status that no task has is there, too.
  return function show(counts, chosen, words, empty = true) {
    for (const { status, chip, label, count } of chips) {
      const number = counts?.[status ?? "all"];
      chip.toggleAttribute("data-none", number === 0);
      chip.hidden = !(empty || number || status === chosen);
      chip.setAttribute("aria-pressed", String(chosen === status));
      if (roves) chip.tabIndex = chosen === status ? 0 : -1;
      say(label, words[status ?? "all"]);
      say(count, number == null ? "" : words.number(number));
    }
    const pressed = place.querySelector('[aria-pressed="true"]');
    if (roves && pressed !== inSight)
      pressed.scrollIntoView({ block: "nearest", inline: "nearest" });
    inSight = pressed;
  };
}
