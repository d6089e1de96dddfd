// The feed of a record: the test provides the browser, with WebSockets and responses of its own.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { follow } from "../../progress_backend/web/scripts/feed.js";
import { LOST } from "../../progress_backend/web/scripts/reconnecting.js";

const ours = ["document", "addEventListener", "removeEventListener", "WebSocket", "fetch"];
const real = globalThis.setTimeout;
let sockets;
let waiting; // what a timer is to call
let responses;
let leave;
let seen;

class Socket {
  readyState = 1;
  sent = [];
  constructor() {
    sockets.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
  receives(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
}

beforeEach(() => {
  [sockets, waiting, responses] = [[], [], []];
  const nothing = () => {};
  globalThis.document = { addEventListener: nothing, removeEventListener: nothing };
  globalThis.addEventListener = globalThis.removeEventListener = nothing;
  globalThis.WebSocket = Socket;
  globalThis.fetch = async () => responses.shift();
  globalThis.setTimeout = (work) => waiting.push(work);
  seen = { records: [], codes: [] };
  leave = follow(
    { base: "http://api.example/", kind: "task", id: "one", token: "" },
    {
      received: ({ revision }) => seen.records.push(revision),
      state: nothing,
      refused: (code) => seen.codes.push(code),
    },
  );
});

afterEach(async () => {
  leave();
  await later(); // closes the WebSocket without a watch
  globalThis.setTimeout = real;
  for (const name of ours) delete globalThis[name];
});

// Calls what waits for a timer, and lets the responses that this requests arrive.
async function later() {
  for (const work of waiting.splice(0)) work?.();
  await new Promise((resolve) => setImmediate(resolve));
}

// Two WebSockets do not open, then the feed polls.
async function polls() {
  for (let times = 0; times < 2; times += 1) {
    sockets.at(-1).onclose({ code: LOST });
    await later();
  }
}

test("a record of a restored Redis is shown although its revision is lower", () => {
  const [socket] = sockets;
  socket.onopen();
  const [{ watch }] = socket.sent.slice(-1);
  const update = (revision) => socket.receives({ watch, update: { created_at: "then", revision } });
  for (const revision of [9, 9, 4, 5]) update(revision);
  assert.deepEqual(seen.records, [9, 4, 5]);
});

test("a proxy's own 404 does not end the feed", async () => {
  responses = [
    new Response("404 page not found", { status: 404 }),
    Response.json({ created_at: "then", revision: 3 }),
  ];
  await polls();
  await later();
  assert.deepEqual(seen, { records: [3], codes: [] });
});

test("the API's 404 ends the feed", async () => {
  responses = [Response.json({ detail: "Task one not found" }, { status: 404 })];
  await polls();
  assert.deepEqual(seen, { records: [], codes: [4404] });
});
