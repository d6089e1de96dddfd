// How often a page reads what no WebSocket message reports, by a clock of the test's own.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { makeReader } from "../../progress_backend/web/scripts/reading.js";

const HALF_A_MINUTE_MS = 30_000; // between two reads of lost and of deleted records
let reads;
let reader;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000_000_000 });
  globalThis.document = { hidden: false };
  reads = 0;
  reader = makeReader(
    async () => ({ ok: Boolean((reads += 1)) }),
    () => {},
  );
});

afterEach(() => {
  reader.stop();
  mock.timers.reset();
  delete globalThis.document;
});

// Looks each second for so long; returns how often this read.
async function looks(ms, pauseMs) {
  const before = reads;
  for (let gone = 0; gone < ms; gone += 1_000) {
    reader.look(pauseMs);
    await new Promise((resolve) => setImmediate(resolve));
    mock.timers.tick(1_000);
  }
  return reads - before;
}

test("a hidden tab does not read lost and deleted records again", async () => {
  assert.equal(await looks(10_000, HALF_A_MINUTE_MS), 1);
  document.hidden = true;
  assert.equal(await looks(20 * HALF_A_MINUTE_MS, HALF_A_MINUTE_MS), 0);
  document.hidden = false;
  assert.equal(await looks(2 * HALF_A_MINUTE_MS, HALF_A_MINUTE_MS), 2);
});

test("a hidden tab reads on while no message reports what goes on", async () => {
  document.hidden = true;
  assert.equal(await looks(60_000), 10);
});
