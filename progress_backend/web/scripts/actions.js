// The buttons that pause, resume or cancel a task or workflow. A button is created once and reused, because a closing
// dialog returns the focus to the element that opened it.
import { button, element, sayCut } from "./dom.js";
import { words } from "./page_words.js";

// act(kind, name, item) is called on a press. `last` is focused if the focused button is removed and none replaces it.
export function makeActions(tag, className, { kind, act, last }) {
  const made = element(tag, className);
  const buttons = new Map();
  let item = null;

  function restoreFocus() {
    if (document.activeElement === document.body || document.activeElement.closest("dialog"))
      last.focus({ preventScroll: true });
  }

  function buttonOf(name) {
    if (!buttons.has(name)) {
      const one = button(name === "cancel" || name === "terminate" ? "danger" : "", () => {
        act(kind, name, item);
        const dialog = document.getElementById("sure");
        if (dialog.open) dialog.addEventListener("close", restoreFocus, { once: true });
      });
      one.dataset.action = name;
      if (tag === "td") one.tabIndex = -1;
      buttons.set(name, one);
    }
    return buttons.get(name);
  }

  function show(now) {
    item = now;
    const names = document.body.dataset.readOnly ? [] : kind.offered(item);
    const current = [...made.children].map((one) => one.dataset.action);
    if (String(names) !== String(current)) {
      // Without this, the focus would be lost with the button that is removed.
      const held = made.contains(document.activeElement) && document.activeElement;
      made.replaceChildren(...names.map(buttonOf));
      if (held)
        (names.includes(held.dataset.action) ? held : (made.firstElementChild ?? last)).focus();
    }
    for (const one of made.children) {
      sayCut(one, words[one.dataset.action]);
      if (tag === "td") one.ariaLabel = `${one.textContent}: ${kind.name(item)}`;
    }
  }

  return { element: made, show };
}
