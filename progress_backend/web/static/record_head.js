// The head of a record's page: its name, status and acts, and the bar with its figures.
import { figuresOf, makeBar } from "./bar.js";
import { button, element, sayOrHide } from "./dom.js";
import { makeCopy } from "./record_parts.js";

export function makeHead(act, kind) {
  const name = element("h1");
  const id = element("code");
  const copy = makeCopy(() => id);
  const status = element("span", "pill");
  const warnings = element("span", "warnings");
  const actions = element("div", "acts");
  const share = element("b");
  const figures = element("span");
  const rate = element("span");
  const time = element("span");
  const bar = makeBar();
  const text = element("p", "text");
  const why = element("p", "why");
  const buttons = new Map();
  const made = element(
    "section",
    "card head",
    element(
      "div",
      "title",
      element("div", "names", name, element("div", "id", id, copy.element)),
      element("div", "now", status, warnings),
    ),
    element("div", "numbers", share, figures, rate, time),
    bar.element,
    text,
    why,
    actions,
  );
  name.tabIndex = -1; // has the focus where the act that had it is over
  function show(item, words, parts = null) {
    const of = kind.words(words);
    const [shared, counted] = figuresOf(item.progress, words);
    copy.say(words);
    made.dataset.status = item.status;
    made.dataset.failed = item.counts?.error > 0;
    sayOrHide(name, kind.name(item, of));
    sayOrHide(id, item.task_id);
    sayOrHide(status, kind.status(item, of));
    status.className = `pill ${item.status}`;
    warnings.replaceChildren(
      ...(kind.warnings?.(item, words) ?? []).map(([text]) => element("small", "", text)),
    );
    sayOrHide(share, shared);
    sayOrHide(figures, counted);
    bar.show(item, name.textContent);
    if (parts) showParts(parts);
    sayOrHide(text, kind.text(item, of));
    sayOrHide(why, kind.why(item, of));
    showActs(item, of);
    tick(item, words);
  }

  // One bar of several colours: [status, share in percent].
  function showParts(parts) {
    const there = parts.filter(([, width]) => width > 0);
    bar.element.classList.add("stacked");
    bar.element.replaceChildren(
      ...there.map(([status, width]) => {
        const one = element("i", status);
        one.style.width = `${width}%`;
        return one;
      }),
    );
  }

  // Each act keeps its button, in its place: a dialog gives the focus back to the one that opened it.
  function buttonOf(action) {
    if (!buttons.has(action)) {
      const made = button(action === "cancel" || action === "terminate" ? "danger" : "");
      made.dataset.action = action;
      buttons.set(action, made);
    }
    return buttons.get(action);
  }

  function showActs(item, words) {
    const names = document.body.dataset.readOnly ? [] : kind.offered(item);
    const there = [...actions.children].map((button) => button.dataset.action);
    if (String(names) !== String(there)) {
      const held = actions.contains(document.activeElement) && document.activeElement;
      for (const button of [...actions.children])
        if (!names.includes(button.dataset.action)) button.remove();
      names.map(buttonOf).forEach((button, place) => {
        if (actions.children[place] !== button)
          actions.insertBefore(button, actions.children[place] ?? null);
      });
      if (held)
        (names.includes(held.dataset.action) ? held : (actions.firstElementChild ?? name)).focus();
    }
    for (const button of actions.children) {
      button.textContent = words[button.dataset.action];
      button.onclick = () => act(button.dataset.action, item);
    }
  }

  // What the time alone changes.
  function tick(item, words) {
    const of = kind.words(words);
    sayOrHide(rate, kind.rate(item, of) ?? "");
    sayOrHide(time, kind.time(item, of));
  }

  return { element: made, show, tick };
}
