// The filters that are chosen beside the status, each as a button that takes it away; and a line that
// names the one that was taken away by another choice.
import { FILTERS } from "./address.js";
import { button, element, say } from "./dom.js";

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
  const line = element("p", "away");
  line.setAttribute("role", "status");
  place.prepend(...all.map(([, made]) => made)); // in sight where there is little room
  place.after(line);

  return function show(chosen, words, away) {
    const gone = away.length
      ? words.takenAway(
          away.map(({ name, value }) => words.only[name](value)),
          words.only[away[0].beside[0]](away[0].beside[1]),
        )
      : "";
    say(line, gone);
    for (const [name, made] of all) {
      made.hidden = !chosen[name];
      const text = chosen[name] ? words.only[name](chosen[name]) : "";
      say(made, `${text} ×`);
      made.setAttribute("aria-label", words.notOnly(text));
    }
  };
}
