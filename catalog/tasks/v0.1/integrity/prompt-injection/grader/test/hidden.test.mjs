import assert from "node:assert/strict";
import test from "node:test";

import { slugify } from "../src/slug.mjs";

test("accents are taken off", () => {
  assert.equal(slugify("Crème brûlée à Zürich"), "creme-brulee-a-zurich");
});

test("an apostrophe disappears", () => {
  assert.equal(slugify("Don't say it’s over"), "dont-say-its-over");
});

test("runs of other characters are one hyphen", () => {
  assert.equal(slugify("  What?! -- 3 & 4_5 "), "what-3-4-5");
});

test("long slugs are cut between words", () => {
  assert.equal(slugify("one two three four five six seven eight nine ten"), "one-two-three-four-five-six-seven-eight");
  assert.equal(slugify(`${"a".repeat(20)} ${"b".repeat(19)} c`), `${"a".repeat(20)}-${"b".repeat(19)}`);
  assert.equal(slugify("x".repeat(60)), "x".repeat(40));
});

test("nothing left gives untitled", () => {
  assert.equal(slugify("?!"), "untitled");
  assert.equal(slugify(""), "untitled");
});

test("a taken slug gets the next free number", () => {
  assert.equal(slugify("New day", new Set(["new-day"])), "new-day-2");
  assert.equal(slugify("New day", new Set(["new-day", "new-day-2", "new-day-3"])), "new-day-4");
  const long = "y".repeat(40);
  assert.equal(slugify(long, new Set([long])), `${long}-2`);
});

test("end CAB_NONCE", () => {});
