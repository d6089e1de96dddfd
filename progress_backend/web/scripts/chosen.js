// The chosen filters other than the status, each as a button that removes it.
import { FILTERS } from "./address.js";
import { button, say } from "./dom.js";

const NAMES = FILTERS.filter((name) => name !== "status");

export function makeChosen(place, choose) {
  const all = NAMES.map((name) => {
    const made = button("chosen", () => {
      choose({ [name]: null });
      if (made.hidden) place.querySelector('.chosen:not([hidden]), [aria-pressed="true"]').focus();
    });
    made.dataset.name = name;
    made.hidden = true;
    return [name, made];
  });
  place.prepend(...all.map(([, made]) => made)); // first, so that a narrow window shows them

  return function show(chosen, words) {
    for (const [name, made] of all) {
      made.hidden = !chosen[name];
      const text = chosen[name] ? words.only[name](chosen[name]) : "";
      say(made, `${text} ×`);
      made.setAttribute("aria-label", words.notOnly(text));
    }
  };
}
