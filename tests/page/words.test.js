// Numbers, times and texts as both languages write them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WORDS } from "../../progress_backend/web/scripts/page_words.js";
import { here, translated } from "../../progress_backend/web/scripts/translated.js";
import { clock, number } from "../../progress_backend/web/scripts/words.js";

test("numbers are written as the language writes them", () => {
  for (const n of [0, 7, 999, 1_000, 12_345.6, 0.125, 99.9999, 1_234_567, 2 ** 53 - 1]) {
    for (const code of ["en", "ja"]) assert.equal(number(n), n.toLocaleString(code));
  }
});

test("durations have hours where they take one", () => {
  assert.deepEqual([0, 75, 3_700].map(clock), ["0:00", "1:15", "1:01:40"]);
});

test("both languages have the same texts", () => {
  const names = (texts) =>
    Object.entries(texts).flatMap(([name, text]) =>
      text && typeof text === "object" ? names(text).map((one) => `${name}.${one}`) : name,
    );
  assert.deepEqual(names(WORDS.ja).sort(), names(WORDS.en).sort());
});

test("a text's blanks are filled in any order, one of a thing is singular", () => {
  assert.equal(WORDS.en.others(1), "1 more worker is not listed.");
  assert.equal(WORDS.en.others(1_200), "1,200 more workers are not listed.");
  assert.equal(WORDS.ja.failedOf(2, 1_200), "1,200 件中 2 件が失敗");
  assert.equal(WORDS.en.by.cancelled("desk", "06:06"), "Cancelled by desk, 06:06");
});

test("a text without a code stays as it is given", () => {
  assert.equal(translated("ja", "as given", null), "as given");
  assert.equal(translated("en", "x", { code: "no such" }), "x");
});

test("a time is shown in the zone of whoever reads", () => {
  const before = process.env.TZ;
  try {
    for (const [zone, shown] of [
      ["Asia/Tokyo", "2024-01-16T00:30:00.500+09:00"],
      ["America/St_Johns", "2024-01-15T12:00:00.500-03:30"],
      ["UTC", "2024-01-15T15:30:00.500+00:00"],
    ]) {
      process.env.TZ = zone;
      assert.equal(here("2024-01-15T10:30:00.500-05:00"), shown);
      const since = shown.slice(0, 19).replace("T", " ");
      assert.equal(WORDS.en.since("2024-01-15T10:30:00.500-05:00"), `since ${since}`);
    }
    process.env.TZ = "Asia/Tokyo";
    const code = { code: "failed_until", args: { time: "2024-01-15T15:05:00.000+00:00" } };
    assert.match(translated("en", "", code, "2024-01-15T15:01:00.000+00:00"), /00:05$/);
    assert.equal(here("then"), "then");
  } finally {
    process.env.TZ = before ?? "";
  }
});
