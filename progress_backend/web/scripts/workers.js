// The workers with their last sign of life and their running tasks. Made when the view is opened.
import { element, styled } from "./dom.js";
import { aboutText, pageOf } from "./task.js";
import { WORDS } from "./workers_words.js";

export async function makeWorkers(place) {
  const title = element("h2");
  const line = element("p", "line");
  const all = element("ul", "workers");
  let words = null;
  let found = null;
  let drawnOf = "";
  await styled("workers.css");
  place.replaceChildren(title, line, all);

  function show(now, inWords) {
    found = now.found;
    words = { ...inWords, ...WORDS[inWords.code] };
    const { refused } = now;
    title.textContent = words.workers;
    const rows = found?.workers ?? [];
    const hidden = Math.max((found?.total ?? rows.length) - rows.length, 0);
    line.textContent = refused
      ? words.refused
      : !found
        ? words.reading
        : !rows.length
          ? words.none
          : hidden
            ? words.others(hidden)
            : "";
    line.hidden = !line.textContent;
    drawCards(refused ? [] : rows);
  }

  // Unchanged cards stay, since a link in them may have the focus.
  function drawCards(rows) {
    const now = JSON.stringify([
      words.code,
      rows.map((row) => ({ ...row, last_sign_at: !row.live && found.at })),
    ]);
    if (now === drawnOf) return;
    drawnOf = now;
    const focused = document.activeElement?.closest(".workers a")?.href;
    all.replaceChildren(...rows.map(card));
    if (focused) [...all.querySelectorAll("a")].find((link) => link.href === focused)?.focus();
  }

  function card({ name, last_sign_at, live, holds }) {
    const silent =
      last_sign_at && aboutText((Date.parse(found.at) - Date.parse(last_sign_at)) / 1000, words);
    const state = element(
      "span",
      live ? "state live" : "state gone",
      live ? words.live : silent ? words.gone(silent) : words.ended,
    );
    const links = holds.tasks.map(({ task_id: id, task_type: type, status, percentage }) => {
      const link = element("a", status, type, " ", element("b", "", `${percentage}%`));
      link.href = pageOf("task", id, words);
      return element("li", "", link);
    });
    const more = holds.total - holds.tasks.length;
    if (more > 0) links.push(element("li", "more", words.more(more)));
    return element(
      "li",
      "card",
      element("h3", "", name),
      state,
      element("p", "", holds.total ? words.holds(holds.total) : words.idle),
      element("ul", "", ...links),
    );
  }

  return { show };
}
