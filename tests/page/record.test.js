// A task's lane, and the texts of its results.
import assert from "node:assert/strict";
import { test } from "node:test";
import { partsOf } from "../../progress_backend/web/scripts/timeline_strip.js";
import { flat, piecesOf } from "../../progress_backend/web/scripts/record_parts.js";

const at = (seconds) => new Date(seconds * 1_000).toISOString();

function parts(entries, until) {
  const timed = entries.map(([seconds, event, attempt]) => ({ time: at(seconds), event, attempt }));
  return partsOf(timed, 0, until * 1_000).map(
    ({ kind, attempt, from, to }) => `${kind}${attempt} ${(to - from) / 1_000}`,
  );
}

test("a task waits, runs, waits for its retry, and is paused once its run has stopped", () => {
  assert.deepEqual(
    parts(
      [
        [0, "created"],
        [10, "started", 1],
        [40, "retried", 1],
        [50, "started", 2],
        [60, "pause"],
        [61, "acknowledged"],
        [90, "resumed"],
      ],
      100,
    ),
    ["wait0 10", "run1 30", "wait1 10", "run2 11", "paused2 29", "run2 10"],
  );
});

test("an end is the lane's, unless the task begins again", () => {
  assert.deepEqual(
    parts(
      [
        [1, "started", 1],
        [5, "ended"],
      ],
      5,
    ),
    ["wait0 1", "run1 4"],
  );
  assert.deepEqual(
    parts(
      [
        [1, "started", 1],
        [5, "ended"],
        [8, "started", 2],
      ],
      9,
    ),
    ["wait0 1", "run1 4", "wait1 3", "run2 1"],
  );
});

test("a cancel that is carried out is no pause", () => {
  assert.deepEqual(
    parts(
      [
        [1, "started", 1],
        [2, "cancel"],
        [3, "acknowledged"],
      ],
      4,
    ),
    ["wait0 1", "run1 3"],
  );
});

test("addresses are links, without what only ends a sentence", () => {
  const text = "see https://files.example/a.csv?x=1, or (http://b.example/).";
  assert.deepEqual(
    piecesOf(text).filter((_, place) => place % 2),
    ["https://files.example/a.csv?x=1", "http://b.example/"],
  );
  assert.equal(piecesOf(text).join(""), text);
  assert.deepEqual(piecesOf("javascript:alert(1) ftp://x"), ["javascript:alert(1) ftp://x"]);
});

test("only an object of short values is a table", () => {
  assert.deepEqual(flat({ rows: 252, file: "a.csv", ok: true, none: null }), [
    ["rows", "252"],
    ["file", "a.csv"],
    ["ok", "true"],
    ["none", "null"],
  ]);
  for (const value of [{}, [1], "text", 5, null, { deep: { a: 1 } }, { long: "x".repeat(400) }])
    assert.equal(flat(value), null);
});
