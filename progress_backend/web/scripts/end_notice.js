// A button that asks for the browser's notification when a task or workflow ends, while its record is open.
import { button, element, say, sayOrHide } from "./dom.js";
import { pathOf } from "./task.js";
import { stillRuns } from "./unsettled.js";

export function makeEndNotice(kind) {
  const hint = element("small");
  const press = button("", ask);
  const made = element("div", "notice", press, hint);
  let now = [];
  let wanted = false;
  let refused = false;
  let ended = false;
  hint.setAttribute("role", "status");

  async function ask() {
    const permission = await Notification.requestPermission();
    if (ended) return; // while the browser asked the reader
    wanted = !wanted && permission === "granted";
    refused = permission !== "granted";
    show(...now);
  }

  function isShown(item, words) {
    try {
      const options = { body: words[item.status], tag: pathOf(item), lang: words.code };
      new Notification(kind.name(item, words), options).onclick = () => window.focus();
      return true;
    } catch {
      return false; // a browser of a phone permits it only to a service worker
    }
  }

  function show(item, words) {
    now = [item, words];
    const ends = Boolean(item.end_time) && !stillRuns(item);
    if (ends && !ended) {
      refused = wanted && !isShown(item, words);
      wanted = false;
    }
    ended = ends;
    made.hidden = !window.Notification || (ended && !refused);
    press.hidden = ended;
    press.setAttribute("aria-pressed", String(wanted));
    sayOrHide(hint, refused ? words.noticeRefused : wanted ? words.noticeWhile : "");
    say(press, words.notice);
  }

  return { element: made, show };
}
