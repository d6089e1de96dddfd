// A button that asks for the browser's notification when a task or workflow ends, while its record is open.
import { button, element, sayOrHide } from "./dom.js";
import { words } from "./page_words.js";
import { pathOf } from "./task.js";
import { stillRuns } from "./unsettled.js";

export function makeEndNotice(kind) {
  const hint = element("small", { role: "status" });
  const press = button("", ask, words.notice);
  const made = element("div", "notice", press, hint);
  let now = null;
  let wanted = false;
  let refused = false;
  let ended = false;

  async function ask() {
    const permission = await Notification.requestPermission();
    if (ended) return; // while the browser asked the reader
    wanted = !wanted && permission === "granted";
    refused = permission !== "granted";
    show(now);
  }

  function isShown(item) {
    try {
      const options = { body: words[item.status], tag: pathOf(item), lang: words.code };
      new Notification(kind.name(item), options).onclick = () => window.focus();
      return true;
    } catch {
      return false; // a browser of a phone permits it only to a service worker
    }
  }

  function show(item) {
    now = item;
    const ends = Boolean(item.end_time) && !stillRuns(item);
    if (ends && !ended) {
      refused = wanted && !isShown(item);
      wanted = false;
    }
    ended = ends;
    made.hidden = !window.Notification || (ended && !refused);
    press.hidden = ended;
    press.ariaPressed = wanted;
    sayOrHide(hint, refused ? words.noticeRefused : wanted ? words.noticeWhile : "");
  }

  return { element: made, show };
}
