// The page of one task or workflow.
import { makeFrame } from "./frame.js";
import { makeRecord } from "./record_view.js";
import { WORDS } from "./page_words.js";
import { makeStateLine } from "./state_line.js";
import { whenGiven } from "./token.js";

const { base, kind, id } = document.body.dataset;
const listWith = (filters) =>
  `${base}?${new URLSearchParams({ lang: frame.words.code, ...filters })}`;
const KEYS = {
  "/": () => location.assign(`${listWith()}#search`),
  y: () => document.querySelector("#record .copy").click(),
};
const frame = makeFrame(WORDS, KEYS, ({ code }) => {
  history.replaceState(null, "", `?lang=${code}`);
  speak();
});
const line = makeStateLine(drawState);
const record = makeRecord(kind, id, { words: () => frame.words, drawn, refuse: line.refuse });

function drawState() {
  const [state, storeAway] = [record.state(), record.storeAway()];
  line.show(frame.words, { state, silent: null, storeAway });
}

function drawn() {
  drawState();
  document.title = record.name() || document.title;
}

function speak() {
  frame.draw();
  record.draw();
}

document.addEventListener("choose", ({ detail }) => location.assign(listWith(detail)));
document.addEventListener("notice", ({ detail }) => line.refuse(detail));
document.querySelector("main").append(...record.elements);
document.querySelector("header").hidden = false;
whenGiven(record.begin);
speak();
record.begin();
