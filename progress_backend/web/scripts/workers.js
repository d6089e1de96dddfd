// The workers with their last sign of life and their running tasks. Made when the view is opened.
import { makeBar } from "./bar.js";
import { element, sayOrHide, showWarnings, styled } from "./dom.js";
import { words } from "./page_words.js";
import { aboutText, agoOf, normalized, TASK } from "./task.js";

export async function makeWorkers(place) {
  const line = element("p", "line");
  const all = element("ul", "workers");
  let found = null;
  await styled("workers.css");
  place.replaceChildren(element("h2", "", words.workersView), line, all);

  function show({ found: now, refused }) {
    const same = found === now;
    found = now;
    const rows = found?.workers ?? [];
    const hidden = Math.max((found?.total ?? rows.length) - rows.length, 0);
    const among = hidden ? words.others(hidden) : "";
    const read = rows.length ? among : words.noWorkers;
    sayOrHide(line, refused ? words.workersRefused : found ? read : words.reading);
    if (!same || refused) drawCards(refused ? [] : rows);
  }

  // Unchanged cards stay, since a link in them may have the focus.
  function drawCards(rows) {
    const cards = rows.map(card);
    if (cards.map((one) => one.outerHTML).join("") === all.innerHTML) return;
    const focused = document.activeElement?.closest(".workers a")?.href;
    all.replaceChildren(...cards);
    if (focused) [...all.querySelectorAll("a")].find((link) => link.href === focused)?.focus();
  }

  function card({ name, last_sign_at, live, slots, holds: { total, tasks } }) {
    const silent =
      last_sign_at && aboutText((Date.parse(found.at) - Date.parse(last_sign_at)) / 1000);
    const why = silent ? words.noHeartbeat(silent) : words.hasShutDown;
    const state = element("span", "state live", words.workerLive);
    const gone = element("span", "state gone", why);
    const held = slots == null ? words.holds(total) : words.slots(total, slots);
    const more = total - tasks.length;
    return element(
      "li",
      "card",
      element("h3", "", name),
      live ? state : gone,
      element("p", "", held),
      element("ul", "", ...tasks.map(taskOf)),
      more > 0 ? element("p", "more", words.andMore(more)) : "",
    );
  }

  function taskOf({ percentage, ...task }) {
    const progress = { current: percentage, total: 100, percentage };
    const item = normalized({ ...task, progress, timestamp: found.at });
    const [name, other] = TASK.names(item);
    const texts = [element("strong", "", name), " ", element("small", "", other)];
    const link = element("a", { href: TASK.page(item) }, ...texts);
    const warnings = element("span", "warnings");
    showWarnings(warnings, TASK.warnings(item));
    const bar = makeBar();
    bar.show(item, TASK.name(item));
    const ago = element("small", "", item.start_time ? agoOf(item)[0] : "");
    return element(
      "li",
      "",
      element("div", "", link, warnings, ago),
      bar.element,
      element("b", "", `${percentage}%`),
    );
  }

  return { show };
}
