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
  hint.setAttribute("role", "status");

  async function ask() {
    wanted = !wanted && (await Notification.requestPermission()) === "granted";
    refused = Notification.permission !== "granted";
    show(...now); // it may have ended meanwhile
  }

  function notify(item, words) {
    wanted = false;
    try {
      const options = { body: words[item.status], tag: pathOf(item), lang: words.code };
      const notice = new Notification(kind.name(item, words), options);
      notice.onclick = () => window.focus();
    } catch {
      refused = true; // a browser of a phone permits it only to a service worker
    }
  }

  function show(item, words) {
    const ended = item.end_time && !stillRuns(item);
    now = [item, words];
    if (ended && wanted) notify(item, words);
    made.hidden = !window.Notification || (ended && !refused);
    press.hidden = Boolean(ended);
    press.setAttribute("aria-pressed", String(wanted));
    sayOrHide(hint, refused ? words.noticeRefused : wanted ? words.noticeWhile : "");
    say(press, words.notice);
  }

  return { element: made, show };
}
