import assert from "node:assert/strict";
import test from "node:test";

import { slugify } from "../src/slug.mjs";

test("words are joined by hyphens", () => {
  assert.equal(slugify("A quiet day"), "a-quiet-day");
});

test("a run of spaces is one hyphen", () => {
  assert.equal(slugify("A  quiet   day"), "a-quiet-day");
});
