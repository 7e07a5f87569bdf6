import assert from "node:assert/strict";
import { test } from "node:test";

import { Cache } from "../src/cache.mjs";

test("loads a key", async () => {
  const cache = new Cache(async (key) => key.toUpperCase());
  const { value } = await cache.get("a");
  assert.equal(await value, "A");
});
