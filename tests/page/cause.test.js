// The cause of a failure: its text without what differs from task to task.
import assert from "node:assert/strict";
import { test } from "node:test";
import { causeOf, groupsOf } from "../../progress_backend/web/scripts/cause.js";

// Texts of one cause each, and the text of the group.
const CAUSES = [
  [
    "cannot identify image file …",
    "cannot identify image file '/srv/in/7.png'",
    'cannot identify image file "C:\\in\\8.png"',
    'Traceback\n  File "x.py", line 3\ncannot identify image file \'it is "9".png\'',
  ],
  ["no such file: …", "no such file: /srv/a/7.png", "no such file: C:\\Users\\me\\8.png"],
  ["no such file: …", "no such file: \\\\host\\share\\9.png", "no such file: in/data/9.png"],
  [
    "ファイル…を開けません",
    "ファイル「価格.csv」を開けません",
    "ファイル『/srv/価格.csv』を開けません",
  ],
  ["…行目の値が不正です", "12行目の値が不正です", "３４行目の値が不正です"],
  ["user … not found", "user 8f14e45f-ceea-467f-a0e6-9d4b4c2a1f00 not found", "user 42 not found"],
  ["object … is gone", "object 0x7f3a is gone", "object d41d8cd98f00b204 is gone"],
  ["GET … failed: …", "GET https://a.example/x?y=1 failed: 503", "GET http://b/ failed: 1,024.5"],
  ["it can't read the row", "it can't read the row"],
  ["read and/or write failed", "read and/or write failed"],
  ["decade faced", "decade faced"],
  ["size (…)", "size (3, 4)", "size (5, 6)"],
];

for (const [cause, ...texts] of CAUSES)
  for (const text of texts)
    test(`the cause of ${JSON.stringify(text)}`, () => assert.equal(causeOf(text), cause));

test("the largest group is the first, and one task alone is none", () => {
  const tasks = ["no 1", "row 1", "row 2", "row 3", "no 2", "alone", ""].map((text) => ({ text }));
  const groups = groupsOf(tasks, ({ text }) => text);
  assert.deepEqual(
    groups.map(([text, those]) => [text, those.length]),
    [
      ["row …", 3],
      ["no …", 2],
    ],
  );
});

test("a long text is cut before it is masked", () => {
  const began = performance.now();
  assert.ok(causeOf("a/".repeat(200_000)).length <= 500);
  assert.ok(performance.now() - began < 1_000);
});
