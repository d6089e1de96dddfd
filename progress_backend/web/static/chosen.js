// The filters that are chosen beside the status, each as a button that takes it away.
import { element } from "./row.js";

const NAMES = ["owner", "task_type", "symbol", "remark", "id_prefix", "created_from", "created_to"];

export function makeChosen(place, choose) {
  const all = NAMES.map((name) => {
    const button = element("button", "whose");
    button.type = "button";
    button.dataset.name = name;
    button.hidden = true;
    button.onclick = () => choose({ [name]: null });
    return [name, button];
  });
  place.prepend(...all.map(([, button]) => button)); // in sight where there is little room

  return function show(chosen, words) {
    for (const [name, button] of all) {
      button.hidden = !chosen[name];
      const text = chosen[name] ? words.only[name](chosen[name]) : "";
      button.textContent = `${text} ×`;
      button.setAttribute("aria-label", words.notOnly(text));
    }
  };
}
