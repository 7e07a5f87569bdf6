import assert from "node:assert/strict";
import test from "node:test";

import { mapLimit } from "../src/map-limit.mjs";

const after = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value));

test("slow items keep their place", async () => {
  assert.deepEqual(await mapLimit([30, 1], 2, (ms) => after(ms, ms)), [30, 1]);
});
