// The buttons for what can be asked of a task or a workflow. Each act keeps its button: a dialog gives the focus
// back to the one that opened it.
import { button, element, sayCut } from "./dom.js";

// `act` is called with the kind, the act and the item; `last` has the focus where the button that had it is gone.
export function makeActions(tag, className, { kind, act, last }) {
  const made = element(tag, className);
  const buttons = new Map();
  let item = null;

  function goOn() {
    if (document.activeElement === document.body || document.activeElement.closest("dialog"))
      last.focus({ preventScroll: true });
  }

  function buttonOf(name) {
    if (!buttons.has(name)) {
      const one = button(name === "cancel" || name === "terminate" ? "danger" : "", () => {
        act(kind, name, item);
        const asking = document.getElementById("sure");
        if (asking.open) asking.addEventListener("close", goOn, { once: true });
      });
      one.dataset.action = name;
      if (tag === "td") one.tabIndex = -1;
      buttons.set(name, one);
    }
    return buttons.get(name);
  }

  function show(now, words) {
    item = now;
    const names = document.body.dataset.readOnly ? [] : kind.offered(item);
    const there = [...made.children].map((one) => one.dataset.action);
    if (String(names) !== String(there)) {
      // Who has pressed a button goes on from here, whatever has taken its place.
      const held = made.contains(document.activeElement) && document.activeElement;
      made.replaceChildren(...names.map(buttonOf));
      if (held)
        (names.includes(held.dataset.action) ? held : (made.firstElementChild ?? last)).focus();
    }
    for (const one of made.children) {
      sayCut(one, words[one.dataset.action]);
      if (tag === "td")
        one.setAttribute("aria-label", `${one.textContent}: ${kind.name(item, words)}`);
    }
  }

  return { element: made, show };
}
