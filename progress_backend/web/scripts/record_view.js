// One task or workflow, on its own page or in the panel. The whole record is read, and read again (at most once a
// second) when the feed of <task-progress> reports a change.
import { ask } from "./acts.js";
import { element } from "./dom.js";
import { follow } from "./feed.js";
import { answered, BASE } from "./live.js";
import { words } from "./page_words.js";
import { makeReader } from "./reading.js";
import { normalized, pathOf, TASK } from "./task.js";
import { makeTaskView } from "./task_view.js";
import { current, refused } from "./token.js";
import { mayReturn, stillRuns } from "./unsettled.js";
import { makeWorkflowView } from "./workflow_view.js";

// A lost run may go on: its record is read again after this time.
const RETURNS_MS = 30_000;

// drawn() is called after each draw, refuse(why) when an act was refused.
export function makeRecord(kind, id, { drawn, refuse }) {
  const [title, explanation] = [element("h1"), element("p")];
  const nothing = element("div", "", title, explanation, element("code", "", id));
  const place = element("div");
  const path = pathOf({ [`${kind}_id`]: id });
  const view = (kind === "task" ? makeTaskView : makeWorkflowView)(place, act, id);
  const reader = makeReader(read, draw);
  const ticking = setInterval(tick, 1_000);
  let record = null;
  let missing = null; // the response, if it has no record
  let feedState = "connecting";
  let unfollow = null;
  [place.id, nothing.id] = ["record", "nothing"];

  async function read(stop, wanted) {
    const got = await answered(`${path}/status`, {}, stop);
    if (!wanted() || !got) return got;
    if (got.ok) {
      take(got.body, got.at);
      if (missing) {
        // the record exists again
        missing = null;
        listen();
      }
    } else if (got.body && [403, 404, 422, 500].includes(got.status)) {
      // not a proxy's page
      missing = got;
    }
    return got;
  }

  // A response may be older than a message. The feed's records come in order, also from a restored Redis.
  function take(body, at = null, ofFeed = false) {
    const same = record?.created_at === body.created_at;
    // The feed's first message may be the state that was read, without the time of the read.
    const known = ofFeed ? record?.revision === body.revision : record?.revision > body.revision;
    // A WebSocket message (it has a type) has only some fields of the record, a response body has all.
    if (!(same && known)) record = { ...(body.type && record), ...normalized(body, at) };
  }

  function listen() {
    const token = current();
    unfollow?.();
    unfollow = follow(
      { base: BASE.href, kind, id, token },
      {
        received: (message) => {
          if (record) take(message, null, true);
          reader.soon();
          draw();
        },
        state: (now) => {
          feedState = now;
          draw();
        },
        refused: (code) => {
          if (code === 4401) refused(token);
          reader.soon();
        },
      },
    );
  }

  function begin() {
    listen();
    reader.anew();
  }

  async function act(of, name, item) {
    const { body, refusal: why } = await ask(of, name, item);
    if (body && name === "stack") view.expectStack();
    else if (body && name !== "again") take(body); // the body of a new run is another task's
    if (why) refuse(why);
    reader.soon();
    draw();
  }

  // A cancelled record is final, but its run may go on until it acknowledges the cancel.
  const over = () => record?.final && !stillRuns(record);

  function state() {
    if (missing) return "";
    if (over()) return "ended";
    if (reader.outcome === "none") return "connecting";
    return reader.outcome === "ok" ? feedState : "away";
  }

  function draw() {
    place.hidden = !record || missing;
    nothing.hidden = !missing;
    if (missing) {
      const texts = words.missing[kind];
      const [what, how] = {
        403: [words.forbidden, words.forbiddenHow],
        500: [words.unreadable, missing.body.detail],
      }[missing.status] ?? [texts.title, texts.how];
      title.textContent = what;
      explanation.textContent = how;
    } else if (record) {
      view.show(record);
    }
    drawn();
  }

  function tick() {
    if (!over() && (feedState !== "live" || record?.final)) reader.look();
    else if (record && mayReturn(record)) reader.look(RETURNS_MS);
    if (record && !missing && !document.hidden) view.tick(record);
  }

  const label = () => (missing || !record ? title.textContent || id : view.name(record));

  // The window's title.
  function name() {
    if (missing || !record) return title.textContent;
    const share = record.progress.total ? `${record.progress.percentage}% · ` : "";
    const status = stillRuns(record)
      ? TASK.status(record)
      : (words[record.status] ?? record.status);
    return `${record.status === "running" ? share : `${status} · `}${label()}`;
  }

  function end() {
    clearInterval(ticking);
    unfollow?.();
    reader.stop();
  }

  return {
    elements: [place, nothing],
    begin,
    draw,
    state,
    name,
    label,
    end,
    storeAway: () => reader.storeAway,
  };
}
