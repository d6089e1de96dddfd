// Final records that may change all the same, and how their feeds read them again: by a clock of the test's own.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { follow } from "../../progress_backend/web/scripts/feed.js";

const ours = ["document", "addEventListener", "removeEventListener", "WebSocket"];
const IDS = ["a", "b", "c"];
const MINUTE_MS = 60_000;
let sockets;
let seen;
let leave;

class Socket {
  readyState = 1;
  watches = {}; // id -> the watch's name
  constructor() {
    sockets.push(this);
  }
  send(text) {
    const { watch, task_id: id } = JSON.parse(text);
    if (watch) this.watches[id] = watch;
  }
  close() {
    this.readyState = 3;
  }
  // Opens, and receives each watched task's record.
  answers(record) {
    this.onopen();
    for (const [id, watch] of Object.entries(this.watches))
      this.onmessage({ data: JSON.stringify({ watch, update: { task_id: id, ...record } }) });
  }
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_000_000_000_000 });
  const nothing = () => {};
  [sockets, seen] = [[], []];
  globalThis.document = { hidden: false, addEventListener: nothing, removeEventListener: nothing };
  globalThis.addEventListener = globalThis.removeEventListener = nothing;
  globalThis.WebSocket = Socket;
  const listener = { received: ({ status }) => seen.push(status), state: nothing };
  const all = IDS.map((id) =>
    follow({ base: "http://api.example/", kind: "task", id, token: "" }, listener),
  );
  leave = () => {
    for (const stop of all) stop();
  };
});

afterEach(() => {
  leave();
  mock.timers.tick(2_000);
  mock.timers.reset();
  for (const name of ours) delete globalThis[name];
});

const ended = (more) => ({
  status: "error",
  final: true,
  timestamp: new Date(Date.now()).toISOString(),
  revision: 2,
  ...more,
});
const lost = () => ended({ error_code: { code: "lost" } });

// Lets the time pass, each new WebSocket of which receives `record`; returns how many there were.
function passes(ms, record) {
  const before = sockets.length;
  for (let gone = 0, answered = before; gone < ms; gone += 1_000) {
    mock.timers.tick(1_000);
    for (; answered < sockets.length; answered += 1) sockets[answered].answers(record);
  }
  return sockets.length - before;
}

test("lost records are read again each 30 s, all on one socket", () => {
  const record = lost();
  sockets[0].answers(record);
  assert.equal(passes(MINUTE_MS, record), 2);
  assert.deepEqual(
    sockets.map(({ watches }) => Object.keys(watches)),
    [IDS, IDS, IDS],
  );
  assert.equal(seen.length, 3, "nothing new was shown");
  assert.equal(
    passes(MINUTE_MS / 2, { ...record, status: "running", final: false, revision: 3 }),
    1,
  );
  assert.deepEqual(seen.slice(3), ["running", "running", "running"]);
  assert.equal(sockets.at(-1).readyState, 1, "they are followed again");
});

test("none is read in a hidden tab", () => {
  const record = lost();
  sockets[0].answers(record);
  document.hidden = true;
  assert.equal(passes(10 * MINUTE_MS, record), 0);
  document.hidden = false;
  assert.equal(passes(MINUTE_MS / 2, record), 1);
});

test("after an hour none is read any more", () => {
  const record = lost();
  sockets[0].answers(record);
  assert.equal(passes(59 * MINUTE_MS, record), 118);
  assert.equal(passes(2 * MINUTE_MS, record), 3);
  assert.equal(passes(120 * MINUTE_MS, record), 0);
});

test("no other end is read again", () => {
  sockets[0].answers(ended({ error_code: { code: "given" } }));
  assert.equal(passes(10 * MINUTE_MS, lost()), 0);
});

test("a run that goes on after its cancel is read soon, then less often, until it is over", () => {
  const record = ended({
    status: "cancelled",
    control: { action: "cancel", acknowledged_at: null },
  });
  sockets[0].answers(record);
  assert.equal(passes(30_000, record), 4, "after 2 s, 4 s, 8 s and 16 s");
  assert.equal(passes(120 * MINUTE_MS, record), 240);
  const over = { ...record, control: { action: "cancel", acknowledged_at: "then" }, revision: 3 };
  assert.equal(passes(MINUTE_MS / 2, over), 1);
  assert.equal(passes(10 * MINUTE_MS, over), 0);
});
