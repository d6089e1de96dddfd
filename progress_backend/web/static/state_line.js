// The line above the list that tells how the page is connected, and the notice below it.
const NOTICE_MS = 10_000;
const byId = (id) => document.getElementById(id);

export function makeStateLine(draw) {
  let refusal = "", timer = null;

  // `silent`: milliseconds since something was heard; null before.
  function show(words, { state, silent, storeAway }) {
    const fresh = state === "live" || state === "connecting";
    byId("connection").dataset.state = state;
    if (byId("connection").textContent !== words[state]) byId("connection").textContent = words[state];
    byId("heard").textContent = fresh || silent === null ? "" : words.heard(Math.floor(silent / 1000));
    document.body.dataset.fresh = fresh;
    const notice = storeAway ? words.storeAway : refusal;
    if (byId("notice").textContent !== notice) byId("notice").textContent = notice;
    byId("notice").hidden = !notice;
  }

  function refuse(why) {
    refusal = why;
    clearTimeout(timer);
    timer = setTimeout(() => { refusal = ""; draw(); }, NOTICE_MS);
    draw();
  }

  return { show, refuse };
}
