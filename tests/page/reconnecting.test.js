// reconnecting() without a browser: the test provides its timers and connections.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { LOST, reconnecting } from "../../progress_backend/web/scripts/reconnecting.js";

const real = { setTimeout: globalThis.setTimeout, now: Date.now, random: Math.random };
let pauses;
let run;
let ms;

beforeEach(() => {
  pauses = [];
  ms = 0;
  globalThis.setTimeout = (work, pause) => {
    pauses.push(pause);
    run = work;
  };
  Date.now = () => ms;
  Math.random = () => 1;
});

afterEach(() => {
  globalThis.setTimeout = real.setTimeout;
  Date.now = real.now;
  Math.random = real.random;
});

function opened(closed = () => true) {
  const connections = [];
  const records = [];
  function open(events) {
    connections.push({ ...events, ended: 0 });
    const mine = connections.at(-1);
    return {
      close() {
        mine.ended += 1;
      },
      drop() {
        mine.ended += 1;
      },
    };
  }
  const connection = reconnecting(open, { received: (record) => records.push(record), closed });
  return { connection, connections, records, open };
}

test("pauses grow, and are short again once a connection has lasted", () => {
  const { connections } = opened();
  for (let i = 0; i < 6; i += 1) {
    connections.at(-1).closed(LOST);
    run();
  }
  assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000, 8_000, 8_000]);
  connections.at(-1).opened();
  ms += 5_001;
  connections.at(-1).closed(LOST);
  assert.equal(pauses.at(-1), 500);
});

test("a refused connection is not opened again by itself", () => {
  const { connection, connections } = opened((code) => code !== 4403);
  connections[0].closed(4403);
  assert.deepEqual(pauses, []);
  connection.look();
  assert.equal(connections.length, 1);
  connection.look(true);
  assert.equal(connections.length, 2);
});

test("a connection that is silent for too long is replaced", () => {
  const { connection, connections, records } = opened();
  connections[0].opened();
  ms = 15_000;
  connection.look();
  assert.equal(connections[0].ended, 0);
  ms = 15_001;
  connection.look();
  assert.equal(connections[0].ended, 1);
  connections[0].received({ revision: 1 });
  assert.deepEqual(records, []);
  run();
  ms += 10_001;
  connection.look(); // the second never opened
  assert.equal(connections[1].ended, 1);
});

test("a second connection replaces the first one with its first record", () => {
  const { connection, connections, records, open } = opened();
  let replaced = 0;
  connection.tryBeside(open, () => {
    replaced += 1;
  });
  connections[1].received({ type: "heartbeat" });
  assert.deepEqual([replaced, connections[0].ended], [0, 0]);
  connections[1].received({ revision: 2 });
  assert.deepEqual([replaced, connections[0].ended, records], [1, 1, [{ revision: 2 }]]);
  connections[0].closed(LOST);
  assert.deepEqual(pauses, []);
});

test("nothing follows a stop", () => {
  const { connection, connections } = opened();
  connection.stop();
  connections[0].closed(LOST);
  assert.deepEqual([connections[0].ended, pauses], [1, []]);
});
