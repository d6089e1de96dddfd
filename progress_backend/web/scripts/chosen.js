// The chosen filters other than the status, each as a button that removes it.
import { FILTERS } from "./address.js";
import { button, say } from "./dom.js";
import { words } from "./page_words.js";

export function makeChosen(place, choose) {
  const all = FILTERS.filter((name) => name !== "status").map((name) => {
    const made = button("chosen", () => {
      choose({ [name]: null });
      if (made.hidden) place.querySelector('.chosen:not([hidden]), [aria-pressed="true"]').focus();
    });
    made.dataset.name = name;
    return made;
  });
  place.prepend(...all); // first, so that a narrow window shows them

  return function show(chosen) {
    for (const made of all) {
      const value = chosen[made.dataset.name];
      const text = value ? words.only[made.dataset.name](value) : "";
      made.hidden = !value;
      say(made, `${text} ×`);
      made.ariaLabel = words.notOnly(text);
    }
  };
}
