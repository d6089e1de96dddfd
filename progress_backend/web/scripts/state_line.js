// The connection's state, above the list, and the notice below it.
import { byId, say } from "./dom.js";
import { words } from "./page_words.js";

const NOTICE_MS = 10_000;

// Why the API refused the list: 401 and 403 in the page's words, others in the API's.
function whyRefused({ status, body }) {
  if (status === 401) return words.tokenAgain;
  if (status === 403) return words.refusals[4403];
  const detail = body?.detail ?? status;
  const texts = Array.isArray(detail)
    ? detail.map(({ loc, msg }) => `${loc?.at(-1)}: ${msg}`)
    : [detail];
  return words.listRefused(texts.join("; "));
}

export function makeStateLine(draw) {
  const place = byId("notice");
  const { parentNode: home, nextSibling: next } = place;
  let refusal = "";
  let timer = null;
  document.addEventListener("close", draw, true); // of a dialog

  // `silent`: milliseconds since the last message, null before the first one.
  function show({ state, silent, storeAway, refusal: refused }) {
    const fresh = ["live", "connecting", "ended", ""].includes(state);
    byId("connection").dataset.state = state;
    say(byId("connection"), words[state] ?? "");
    say(byId("age"), fresh || silent === null ? "" : words.lastMessage(Math.floor(silent / 1000)));
    document.body.dataset.fresh = fresh;
    const why = storeAway ? words.storeAway : refused && whyRefused(refused);
    const notice = refusal || why || "";
    const dialog = document.querySelector("dialog[open]"); // behind it nothing can be read
    if (place.parentNode !== (dialog ?? home))
      (dialog ?? home).insertBefore(place, dialog ? dialog.firstChild : next);
    say(place, notice);
    place.hidden = !notice;
  }

  function refuse(why) {
    refusal = why;
    clearTimeout(timer);
    timer = setTimeout(() => {
      refusal = "";
      draw();
    }, NOTICE_MS);
    draw();
  }

  return { show, refuse };
}
