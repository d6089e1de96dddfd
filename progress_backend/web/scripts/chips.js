// Toggle buttons that filter by status, each with its number of tasks, and those with a warning.
import { button, element, nextTo, say } from "./dom.js";
import { words } from "./page_words.js";
import { STATUSES } from "./words.js";

// choose(status) is called on a press, with null for all tasks. `roves`: Tab focuses only the pressed button, the arrow
// keys the others. `warnings`: kinds that have a button while there are such tasks.
export function makeChips(place, choose, roves = false, warnings = []) {
  const chips = [null, ...STATUSES, ...warnings].map((status) => {
    const chip = button("", () => choose(status));
    const count = element("b");
    const label = words[status ?? "all"] ?? words.warnings[status];
    chip.dataset.filter = status ?? "all";
    chip.append(element("span", "", label), " ", count);
    return { status, chip, count };
  });
  let scrolledTo = null;
  place.role = "group";
  place.onkeydown = (event) => nextTo(event, place.querySelectorAll("[data-filter]"))?.focus();
  place.append(...chips.map(({ chip }) => chip));

  // `counts` is null while unknown; `empty`: also show statuses without tasks.
  return function show(counts, chosen, empty = true) {
    const all = counts && STATUSES.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
    for (const { status, chip, count } of chips) {
      const number = status ? counts?.[status] : all;
      chip.toggleAttribute("data-none", number === 0);
      const always = empty && !warnings.includes(status);
      chip.hidden = !(always || number || status === chosen);
      chip.ariaPressed = chosen === status;
      if (roves) chip.tabIndex = chosen === status ? 0 : -1;
      say(count, number == null ? "" : words.number(number));
    }
    const now = `${chosen} ${counts !== null}`; // counts make the chips wider
    const pressed = roves && now !== scrolledTo && place.querySelector('[aria-pressed="true"]');
    if (pressed) pressed.scrollIntoView({ block: "nearest", inline: "nearest" });
    scrolledTo = now;
  };
}
