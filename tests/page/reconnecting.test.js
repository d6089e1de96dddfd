// A line that comes back, without a browser: its timers and its lines are the test's.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { LOST, reconnecting } from "../../progress_backend/web/static/reconnecting.js";

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
  const lines = [];
  const records = [];
  function open(events) {
    lines.push({ ...events, ended: 0 });
    const mine = lines.at(-1);
    return {
      close() {
        mine.ended += 1;
      },
      drop() {
        mine.ended += 1;
      },
    };
  }
  const line = reconnecting(open, { received: (record) => records.push(record), closed });
  return { line, lines, records, open };
}

test("pauses grow, and are short again once a line has lasted", () => {
  const { lines } = opened();
  for (let i = 0; i < 6; i += 1) {
    lines.at(-1).closed(LOST);
    run();
  }
  assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000, 8_000, 8_000]);
  lines.at(-1).opened();
  ms += 5_001;
  lines.at(-1).closed(LOST);
  assert.equal(pauses.at(-1), 500);
});

test("a line that is refused is not opened again by itself", () => {
  const { line, lines } = opened((code) => code !== 4403);
  lines[0].closed(4403);
  assert.deepEqual(pauses, []);
  line.look();
  assert.equal(lines.length, 1);
  line.look(true);
  assert.equal(lines.length, 2);
});

test("a line that is silent for too long is given up", () => {
  const { line, lines, records } = opened();
  lines[0].opened();
  ms = 15_000;
  line.look();
  assert.equal(lines[0].ended, 0);
  ms = 15_001;
  line.look();
  assert.equal(lines[0].ended, 1);
  lines[0].received({ revision: 1 });
  assert.deepEqual(records, []);
  run();
  ms += 10_001;
  line.look(); // the second never opened
  assert.equal(lines[1].ended, 1);
});

test("another way takes the line's place with its first record", () => {
  const { line, lines, records, open } = opened();
  let replaced = 0;
  line.tryBeside(open, () => {
    replaced += 1;
  });
  lines[1].received({ type: "heartbeat" });
  assert.deepEqual([replaced, lines[0].ended], [0, 0]);
  lines[1].received({ revision: 2 });
  assert.deepEqual([replaced, lines[0].ended, records], [1, 1, [{ revision: 2 }]]);
  lines[0].closed(LOST);
  assert.deepEqual(pauses, []);
});

test("nothing follows a stop", () => {
  const { line, lines } = opened();
  line.stop();
  lines[0].closed(LOST);
  assert.deepEqual([lines[0].ended, pauses], [1, []]);
});
