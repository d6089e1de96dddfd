// The panel next to the list with one task or workflow. Made when the user opens a row.
import { say, styled } from "./dom.js";
import { words } from "./page_words.js";
import { makeRecord } from "./record_view.js";
import { pageOf } from "./task.js";

// go(-1) and go(1) open the previous and the next row, close() closes the panel; refuse(why) is called when an act was
// refused.
export async function makePanel(place, { go, close, refuse }) {
  const [previous, following, page, state, done] = place.firstElementChild.children;
  let record = null;
  let shown = "";
  previous.onclick = () => go(-1);
  following.onclick = () => go(1);
  done.onclick = close;
  await styled("record.css");

  // The head stays, since its buttons may have the focus.
  function end() {
    const lost = record?.elements.some((one) => one.contains(document.activeElement));
    record?.end();
    for (const one of record?.elements ?? []) one.remove();
    record = null;
    shown = "";
    if (lost) place.focus({ preventScroll: true });
  }

  function show(kind, id) {
    page.href = pageOf(kind, id);
    if (shown !== `${kind} ${id}`) {
      end();
      shown = `${kind} ${id}`;
      const mine = (record = makeRecord(kind, id, { drawn, refuse }));
      place.append(...record.elements);
      place.scrollTop = 0;
      mine.begin();
    } else record.draw();
  }

  function drawn() {
    const now = record?.state();
    place.ariaLabel = record?.label() ?? "";
    place.dataset.fresh = now !== "stale" && now !== "away";
    say(state, now === "live" || now === "ended" ? "" : (words[now] ?? ""));
  }

  return { show, end, begin: () => record?.begin() };
}
