// The page of one task or workflow.
import { makeFrame } from "./frame.js";
import { words } from "./page_words.js";
import { makeRecord } from "./record_view.js";
import { makeStateLine } from "./state_line.js";
import { whenGiven } from "./token.js";

const { base, kind, id } = document.body.dataset;
const listWith = (filters) => `${base}?${new URLSearchParams({ lang: words.code, ...filters })}`;
makeFrame({
  "/": () => location.assign(`${listWith()}#search`),
  y: () => document.querySelector("#record .copy").click(),
});
const line = makeStateLine(drawState);
const record = makeRecord(kind, id, { drawn, refuse: line.refuse });

function drawState() {
  line.show({ state: record.state(), silent: null, storeAway: record.storeAway() });
}

function drawn() {
  drawState();
  document.title = record.name() || document.title;
}

document.addEventListener("choose", ({ detail }) => location.assign(listWith(detail)));
document.addEventListener("notice", ({ detail }) => line.refuse(detail));
document.querySelector("main").append(...record.elements);
document.querySelector("header").hidden = false;
whenGiven(record.begin);
record.draw();
record.begin();
