// The panel beside the list, with one task or workflow. Loaded once somebody opens a row.
import { button, element, say, styled } from "./dom.js";
import { makeRecord } from "./record_view.js";
import { WORDS } from "./record_words.js";
import { pageOf } from "./task.js";

// `go` opens the row before or after, `close` closes the panel; `refuse` is called with why an act was not done.
export async function makePanel(place, { go, close, refuse }) {
  const state = element("span", "state");
  const page = element("a", "own-page");
  const before = button("", () => go(-1));
  const after = button("", () => go(1));
  const done = button("", close);
  const head = element("div", "bar-of-panel", before, after, page, state, done);
  let record = null;
  let of = "";
  let words = null;
  await styled("record.css");

  function end() {
    record?.end();
    record = null;
    of = "";
    place.replaceChildren();
  }

  function show(kind, id, inWords) {
    words = WORDS[inWords.code];
    say(before, words.previous);
    say(after, words.following);
    say(done, words.close);
    say(page, words.asPage);
    page.href = pageOf(kind, id, words);
    if (of !== `${kind} ${id}`) {
      end();
      of = `${kind} ${id}`;
      const mine = (record = makeRecord(kind, id, { words: () => words, drawn, refuse }));
      place.append(head, ...record.elements);
      place.scrollTop = 0;
      mine.begin();
    } else record.draw();
  }

  function drawn() {
    const now = record?.state();
    place.setAttribute("aria-label", record?.name() || "");
    place.dataset.fresh = now !== "stale" && now !== "away";
    say(state, now === "live" || now === "ended" ? "" : (words[now] ?? ""));
  }

  return { show, end, begin: () => record?.begin() };
}
