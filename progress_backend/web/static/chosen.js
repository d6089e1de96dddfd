// The filters that are chosen beside the status, each as a button that takes it away; and a line that
// names the one that was taken away by another choice.
import { element, say } from "./row.js";

const NAMES = [
  "owner",
  "task_type",
  "symbol",
  "warning",
  "id_prefix",
  "created_from",
  "created_to",
];

export function makeChosen(place, choose) {
  const all = NAMES.map((name) => {
    const button = element("button", "chosen");
    button.type = "button";
    button.dataset.name = name;
    button.hidden = true;
    button.onclick = () => {
      choose({ [name]: null });
      if (button.hidden)
        place.querySelector('.chosen:not([hidden]), [aria-pressed="true"]').focus();
    };
    return [name, button];
  });
  const line = element("p", "away");
  line.setAttribute("role", "status");
  place.prepend(...all.map(([, button]) => button)); // in sight where there is little room
  place.after(line);

  return function show(chosen, words, away) {
    const gone = away.length
      ? words.takenAway(
          away.map(({ name, value }) => words.only[name](value)),
          words.only[away[0].beside[0]](away[0].beside[1]),
        )
      : "";
    say(line, gone);
    for (const [name, button] of all) {
      button.hidden = !chosen[name];
      const text = chosen[name] ? words.only[name](chosen[name]) : "";
      say(button, `${text} ×`);
      button.setAttribute("aria-label", words.notOnly(text));
    }
  };
}
