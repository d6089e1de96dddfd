// The page of one task or workflow: its record is read whole, and again (at most once a second) as the
// line of <task-progress> says that it changed.
import { ask } from "./acts.js";
import { listenAgain, makeBell } from "./bell.js";
import { follow } from "./feed.js";
import { answered } from "./live.js";
import { makeReader } from "./reading.js";
import { WORDS } from "./record_words.js";
import { normalized } from "./task.js";
import { makeTaskView } from "./task_view.js";
import { current, refused, whenGiven } from "./token.js";
import { language } from "./words.js";
import { makeWorkflowView } from "./workflow_view.js";

const byId = (id) => document.getElementById(id);
const { base, kind, id } = document.body.dataset;
const NOTICE_MS = 10_000;
const asked = new URLSearchParams(location.search);
let words = WORDS[language(asked.get("lang"))];
let record = null;
let missing = null;
let line = "connecting";
let leave = null;
let refusal = "";
let noticeTimer = null;
const reader = makeReader(read, draw);
const view = (kind === "task" ? makeTaskView : makeWorkflowView)(byId("record"), act, id);

const bell = kind === "task" ? makeBell() : null;

async function read(stop, wanted) {
  const got = await answered(`internal/${kind}/${encodeURIComponent(id)}/status`, {}, stop);
  if (!wanted() || !got) return got;
  if (got.ok) {
    take(got.body, got.at);
    if (missing) {
      // it is there again
      missing = null;
      begin();
    }
  } else if ([403, 404, 422].includes(got.status)) {
    missing = got.status;
  }
  return got;
}

function take(body, at = null) {
  const later = record && record.created_at === body.created_at && record.revision > body.revision;
  // A message has a part of what the record has; a body has all that there is to say.
  if (!later) record = { ...(body.type && record), ...normalized(body, at) };
}

function begin() {
  const token = current();
  leave?.();
  leave = follow(
    { base: new URL(base, document.baseURI).href, kind, id, token },
    {
      received: (message) => {
        if (record) take(message);
        reader.soon();
        draw();
      },
      state: (now) => {
        line = now;
        drawState();
      },
      refused: (code) => {
        if (code === 4401) refused(token);
        reader.soon();
      },
    },
  );
}

async function act(of, name, item) {
  const { body, refusal: why } = await ask(of, name, item, words);
  if (body) take(body);
  if (why) refuse(why);
  reader.soon();
  draw();
}

function refuse(why) {
  refusal = why;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => {
    refusal = "";
    drawState();
  }, NOTICE_MS);
  drawState();
}

// A cancel is final as it is recorded, and its run may go on until it acknowledges that.
const over = () => record?.final && record.control?.acknowledged_at !== null;

function connection() {
  if (over()) return "ended";
  if (reader.outcome === "none") return "connecting";
  return reader.outcome === "ok" ? line : "away";
}

function drawState() {
  const state = missing ? "" : connection();
  const text = words[state] ?? "";
  byId("connection").dataset.state = state;
  if (byId("connection").textContent !== text) byId("connection").textContent = text;
  document.body.dataset.fresh = ["live", "ended", "connecting", ""].includes(state);
  const notice = reader.storeAway ? words.storeAway : refusal;
  if (byId("notice").textContent !== notice) byId("notice").textContent = notice;
  byId("notice").hidden = !notice;
}

function draw() {
  drawState();
  byId("record").hidden = !record || missing;
  byId("nothing").hidden = !missing;
  if (missing) drawNothing();
  else if (record) {
    view.show(record, words);
    bell?.show(record, view.name(record, words), words);
    const share = record.progress.total ? `${record.progress.percentage}% · ` : "";
    const status = words[record.status] ?? record.status;
    document.title = `${record.status === "running" ? share : `${status} · `}${view.name(record, words)}`;
  }
}

function drawNothing() {
  const [title, how] = byId("nothing").querySelectorAll("h1, p");
  const texts = words.missing[kind];
  title.textContent = missing === 403 ? words.forbidden : texts.title;
  how.textContent = missing === 403 ? words.forbiddenHow : texts.how;
  byId("nothing").querySelector("code").textContent = id;
  document.title = title.textContent;
}

function speak() {
  document.documentElement.lang = words.code;
  for (const place of document.querySelectorAll("[data-text]"))
    place.textContent = words[place.dataset.text];
  byId("language").textContent = words.other;
  byId("language").lang = words.code === "ja" ? "en" : "ja";
  byId("back").search = `?lang=${words.code}`;
  draw();
}

byId("language").onclick = () => {
  words = words === WORDS.ja ? WORDS.en : WORDS.ja;
  history.replaceState(null, "", `?lang=${words.code}`);
  speak();
};
if (bell) byId("language").before(bell.element);
document.addEventListener("notice", ({ detail }) => refuse(detail));
listenAgain(words);
whenGiven(() => {
  begin();
  reader.anew();
});
speak();
begin();
reader.anew();
setInterval(() => {
  if (!over() && (line !== "live" || record?.final)) reader.look();
  if (record && !missing && !document.hidden) view.tick(record, words);
}, 1_000);
