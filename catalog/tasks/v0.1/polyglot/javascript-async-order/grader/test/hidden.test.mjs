import assert from "node:assert/strict";
import test from "node:test";

import { mapLimit } from "../src/map-limit.mjs";

const after = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value));

test("results stand in the order of the input", async () => {
  const times = [25, 5, 15, 1, 10];
  assert.deepEqual(await mapLimit(times, 3, (ms) => after(ms, `t${ms}`)), ["t25", "t5", "t15", "t1", "t10"]);
});

test("an error of the worker rejects", async () => {
  const failing = mapLimit([1, 2, 3], 2, async (n) => {
    if (n === 2) throw new Error("worker two");
    return n;
  });
  await assert.rejects(failing, /worker two/);
});

test("never more than the limit at a time", async () => {
  let running = 0;
  let most = 0;
  await mapLimit(Array.from({ length: 12 }), 4, async () => {
    most = Math.max(most, ++running);
    await after(3);
    running--;
  });
  assert.equal(most, 4);
});

test("passes the index", async () => {
  assert.deepEqual(await mapLimit(["a", "b", "c"], 1, async (item, index) => item + index), ["a0", "b1", "c2"]);
});

test("an empty list gives an empty list", async () => {
  assert.deepEqual(await mapLimit([], 5, async () => 1), []);
});

test("end CAB_NONCE", () => {});
