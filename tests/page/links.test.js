// What readers get of a record's links.
import assert from "node:assert/strict";
import { test } from "node:test";
import { linksOf } from "../../progress_backend/web/scripts/links.js";

const at = "2024-01-15T10:30:00.000+00:00";
const words = { expired: (text) => `${text} (expired)` };
const shown = (links) => linksOf({ at, age: () => 0, links }, "https://api.example/sub/", words);

test("a path is on the API's origin, an expired link has no address", () => {
  assert.deepEqual(
    shown([
      { url: "/files/7" },
      { url: "https://bucket.example/x", expires_at: "2024-01-15T10:30:00.001+00:00" },
      { url: "/old", title: "Old", expires_at: at },
    ]),
    [
      { text: "/files/7", link: "https://api.example/files/7" },
      { text: "bucket.example", link: "https://bucket.example/x" },
      { text: "Old (expired)" },
    ],
  );
});

test("what a browser cannot open is a text, and ends nothing", () => {
  for (const url of ["https://1.2.3.4.5/", "https://a%zz.example/", "javascript:alert(1)"])
    assert.deepEqual(shown([{ url }]), [{ text: url }]);
});
