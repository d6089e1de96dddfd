// Plays the answers and messages of `recorded` by the time since the page was opened, and then begins again.
history.replaceState(null, "", `?lang=${lang}`);
const began = performance.now(), passed = () => performance.now() - began;
window.fetch = async (url) => {
  const path = new URL(url, document.baseURI).href.split("/internal/")[1]?.split("?")[0];
  const of = recorded.answers.filter((one) => one.path === path);
  const one = of.findLast(({ at }) => at <= passed()) ?? of[0];
  return new Response(one?.body ?? "null", { status: one ? 200 : 404, headers: one && { Date: one.date } });
};
window.WebSocket = class {
  constructor() { setTimeout(() => this.onopen()); for (const { at, data } of recorded.messages)
    if (at > passed()) setTimeout(() => this.onmessage({ data }), at - passed()); }
  send() {} close() {}
};
for (const kind of ["click", "keydown"]) addEventListener(kind, (one) => one.stopImmediatePropagation(), true);
addEventListener("click", (one) => one.preventDefault(), true);
setTimeout(() => location.reload(), recorded.ms);
