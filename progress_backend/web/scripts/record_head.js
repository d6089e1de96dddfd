// The head of a record's page: name, status, bar with figures, and buttons.
import { makeActions } from "./actions.js";
import { makeBar } from "./bar.js";
import { makeCopy } from "./copy.js";
import { element, sayOrHide, showWarnings } from "./dom.js";
import { makeEndNotice } from "./end_notice.js";
import { figuresOf } from "./figures.js";
import { words } from "./page_words.js";

export function makeHead(act, kind) {
  const name = element("h1");
  const id = element("code");
  const copy = makeCopy("copy", () => id.textContent);
  const status = element("span", "pill");
  const warnings = element("span", "warnings");
  const actions = makeActions("div", "acts", { kind, act, last: name });
  const notice = makeEndNotice(kind);
  const share = element("b");
  const figures = element("span");
  const rate = element("span");
  const time = element("span");
  const bar = makeBar();
  const wrong = element("p", "wrong");
  const text = element("p", "text");
  const why = element("p", "why");
  const made = element(
    "section",
    "card head",
    wrong,
    element(
      "div",
      "title",
      element("div", "names", name, element("div", "id", id, copy)),
      element("div", "now", status, warnings),
    ),
    element("div", "numbers", share, figures, rate, time),
    bar.element,
    text,
    why,
    actions.element,
    notice.element,
  );
  name.tabIndex = -1; // makeActions focuses it when the last button is removed
  function show(item) {
    const [shared, counted] = figuresOf(item, words);
    made.dataset.status = item.status;
    made.dataset.failed = item.counts?.error > 0;
    sayOrHide(name, kind.name(item));
    sayOrHide(id, item.task_id);
    sayOrHide(status, kind.status(item));
    status.className = `pill ${item.status}`;
    showWarnings(warnings, kind.warnings(item));
    sayOrHide(share, shared);
    sayOrHide(figures, counted);
    bar.show(item, name.textContent);
    sayOrHide(text, kind.text(item));
    sayOrHide(why, kind.why(item));
    actions.show(item);
    notice.show(item);
    tick(item);
  }

  // Draws only the texts that change with time.
  function tick(item) {
    sayOrHide(wrong, kind.wrong?.(item) ?? "");
    sayOrHide(rate, kind.rate(item) ?? "");
    sayOrHide(time, kind.time(item));
  }

  return { element: made, show, tick };
}
