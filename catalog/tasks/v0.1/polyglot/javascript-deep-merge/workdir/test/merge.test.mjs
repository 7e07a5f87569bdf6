import assert from "node:assert/strict";
import { test } from "node:test";

import { merge } from "../src/merge.mjs";

test("later settings win", () => {
  assert.deepEqual(merge({ a: 1, b: { c: 2 } }, { b: { d: 3 } }), { a: 1, b: { c: 2, d: 3 } });
});
