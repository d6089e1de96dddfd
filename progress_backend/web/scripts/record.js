// The page of one task or workflow.
import { makeRecord } from "./record_view.js";
import { WORDS } from "./record_words.js";
import { makeStateLine } from "./state_line.js";
import "./theme.js";
import { whenGiven } from "./token.js";
import { language } from "./words.js";

const byId = (id) => document.getElementById(id);
const { base, kind, id } = document.body.dataset;
let words = WORDS[language(new URLSearchParams(location.search).get("lang"))];
const line = makeStateLine(drawState);
const record = makeRecord(kind, id, { words: () => words, drawn, refuse: line.refuse });

function drawState() {
  line.show(words, { state: record.state(), silent: null, storeAway: record.storeAway() });
}

function drawn() {
  drawState();
  document.title = record.name() || document.title;
}

function speak() {
  document.documentElement.lang = words.code;
  for (const place of document.querySelectorAll("[data-text]"))
    place.textContent = words[place.dataset.text];
  byId("language").textContent = words.other;
  byId("language").lang = words.code === "ja" ? "en" : "ja";
  byId("back").search = `?lang=${words.code}`;
  record.draw();
}

byId("language").onclick = () => {
  words = words === WORDS.ja ? WORDS.en : WORDS.ja;
  history.replaceState(null, "", `?lang=${words.code}`);
  speak();
};
document.addEventListener("choose", ({ detail }) => {
  location.href = `${base}?${new URLSearchParams({ lang: words.code, ...detail })}`;
});
document.addEventListener("notice", ({ detail }) => line.refuse(detail));
document.querySelector("main").append(...record.elements);
whenGiven(record.begin);
speak();
record.begin();
