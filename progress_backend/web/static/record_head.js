// The head of a record's page: its name, status and acts, and the bar with its figures.
import { makeCopy } from "./record_parts.js";
import { element } from "./row.js";
import { TEXTS } from "./texts.js";

// Default texts that say no more than the status does.
const BY_STATUS = ["completed", "failed", "cancelled"];

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
  const fill = element("i");
  const track = element("div", "bar", fill);
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
    track,
    text,
    why,
    actions,
  );
  name.tabIndex = -1; // has the focus where the act that had it is over
  track.setAttribute("role", "progressbar");
  track.setAttribute("aria-valuemin", 0);
  track.setAttribute("aria-valuemax", 100);

  function show(item, words, { soft = null, parts = null } = {}) {
    const of = kind.words(words);
    const { current, total, percentage } = item.progress;
    const unknown = !total && item.status === "running";
    copy.say(words);
    made.dataset.status = item.status;
    made.dataset.failed = item.counts?.error > 0;
    set(name, kind.name(item, of));
    set(id, item.task_id);
    set(status, kind.status(item, of));
    status.className = `pill ${item.status}`;
    warnings.replaceChildren(
      ...(kind.warnings?.(item, words) ?? []).map(([text]) => element("small", "", text)),
    );
    set(share, total ? `${percentage}%` : "");
    set(
      figures,
      total
        ? `${words.number(current)} / ${words.number(total)}`
        : current
          ? words.number(current)
          : "",
    );
    track.className = `bar ${item.status}`;
    track.classList.toggle("unknown", unknown);
    track.classList.toggle("soft", soft !== null);
    track.setAttribute("aria-label", name.textContent);
    if (unknown) track.removeAttribute("aria-valuenow");
    else track.setAttribute("aria-valuenow", percentage);
    if (parts) showParts(parts);
    else fill.style.width = `${percentage}%`;
    if (soft) {
      track.style.setProperty("--sure", `${(100 * soft[0]) / percentage}%`);
      track.style.setProperty("--may-be", `${soft[1] - percentage}%`);
    }
    set(text, kind.text(item, of));
    set(why, kind.why(item, of));
    if (BY_STATUS.some((key) => text.textContent === TEXTS[words.code][key])) set(text, "");
    showActs(item, of);
    tick(item, words);
  }

  // One bar of several colours: [status, share in percent].
  function showParts(parts) {
    const there = parts.filter(([, width]) => width > 0);
    track.classList.add("stacked");
    track.replaceChildren(
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
      const button = element(
        "button",
        action === "cancel" || action === "terminate" ? "danger" : "",
      );
      button.type = "button";
      button.dataset.action = action;
      buttons.set(action, button);
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
    set(rate, kind.rate(item, of) ?? "");
    set(time, kind.time(item, of));
  }

  return { element: made, show, tick };
}

function set(place, text) {
  if (place.textContent !== text) place.textContent = text;
  place.hidden = !text;
}
