// The live page: what is chosen, and what stands around the list.
import { fromAddress, toAddress } from "./address.js";
import { makeChips } from "./chips.js";
import { makeList } from "./list.js";
import { WORDS } from "./page_words.js";
import { element } from "./row.js";
import { makeStateLine } from "./state_line.js";
import { whenGiven } from "./token.js";
import { language } from "./words.js";

const byId = (id) => document.getElementById(id);
let words = WORDS[language(new URLSearchParams(location.search).get("lang"))];
let chosen = fromAddress();
const whose = element("button");
const showFilters = makeChips(byId("filters"), (status) => choose({ status }));
const line = makeStateLine(drawState);
const list = makeList(byId("table"), {
  chosen: () => chosen, words: () => words, turned: (page) => take({ ...chosen, page }, false),
  refuse: line.refuse, draw, drawState,
});

// Into the address as well.
function take(now, anew) {
  chosen = now;
  toAddress(chosen, words.code, anew);
}

function choose(filters) {
  if (Object.entries(filters).every(([name, value]) => chosen[name] === value)) return;
  take({ ...chosen, ...filters, page: 1 }, true);
  list.begin();
  draw();
}

function turn(pages) {
  take({ ...chosen, page: chosen.page + pages }, true);
  list.anew();
}

// Back or Forward.
function goThere() {
  take(fromAddress(), false);
  list.begin();
  draw();
}

function drawState() {
  line.show(words, list.state());
}

function draw() {
  const answer = list.answer();
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = words[place.dataset.text];
  drawState();
  showFilters(answer?.summary ?? null, chosen.status, words);
  whose.hidden = chosen.owner === null;
  whose.textContent = whose.hidden ? "" : `${words.owner(chosen.owner)} ×`;
  whose.setAttribute("aria-label", whose.hidden ? "" : words.notOnly(chosen.owner));
  list.drawRows();
  byId("list").hidden &&= answer === null;
  byId("empty").hidden = answer?.tasks.length > 0;
  byId("table").hidden = !byId("empty").hidden;
  byId("empty").querySelector("p").textContent = chosen.status ? words.nothing : chosen.owner ? words.noneOf(chosen.owner) : words.empty;
  byId("empty").querySelector("pre").textContent = list.alone() ? "" : words.example;
  drawPaging(answer?.pagination ?? {});
  const running = answer?.summary.running ?? 0;
  document.title = running ? `${words.runningNow(running)} · ${words.title}` : words.title;
}

function drawPaging({ pages = 1, total = 0 }) {
  const all = total > 0 && words[list.both() ? "both" : "total"](total);
  byId("paging").textContent = [pages > 1 && words.paging(chosen.page, pages), all].filter(Boolean).join(" · ");
  byId("newer").hidden = byId("older").hidden = pages <= 1;
  byId("newer").disabled = chosen.page <= 1;
  byId("older").disabled = chosen.page >= pages;
}

function speak() {
  document.documentElement.lang = words.code;
  byId("filters").setAttribute("aria-label", words.status);
  byId("language").textContent = words.other;
  byId("language").lang = words.code === "ja" ? "en" : "ja";
  draw();
}

byId("filters").prepend(whose); // in sight where there is little room
whose.type = "button";
whose.className = "whose";
whose.onclick = () => choose({ owner: null });
byId("table").addEventListener("owner", ({ detail }) => choose({ owner: detail }));
byId("docs").hidden = !byId("docs").getAttribute("href");
byId("language").onclick = () => { words = words === WORDS.ja ? WORDS.en : WORDS.ja; take(chosen, false); speak(); };
byId("newer").onclick = () => turn(-1);
byId("older").onclick = () => turn(1);
whenGiven(list.begin);
speak();
list.begin();
setInterval(list.everySecond, 1_000);
addEventListener("popstate", goThere);
addEventListener("online", list.lookNow);
addEventListener("offline", list.soon);
document.addEventListener("visibilitychange", () => { if (!document.hidden) list.lookNow(); });
