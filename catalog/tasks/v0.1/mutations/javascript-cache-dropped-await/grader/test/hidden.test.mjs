import assert from "node:assert/strict";
import { test } from "node:test";

import { Cache } from "../src/cache.mjs";

function counting(load) {
  const calls = [];
  return [calls, async (key) => (calls.push(key), load(key, calls.length))];
}

test("gives a value and no promise", async () => {
  const cache = new Cache(async (key) => key.toUpperCase());
  assert.deepEqual(await cache.get("a"), { value: "A" });
  assert.deepEqual(await cache.get("a"), { value: "A" });
});

test("loads a key once", async () => {
  const [calls, load] = counting((key) => key);
  const cache = new Cache(load);
  await cache.get("a");
  await cache.get("a");
  await cache.get("b");
  assert.deepEqual(calls, ["a", "b"]);
  assert.equal(cache.size, 2);
});

test("two callers at a time share a load", async () => {
  const [calls, load] = counting((key) => new Promise((done) => setTimeout(done, 5, key)));
  const cache = new Cache(load);
  const both = await Promise.all([cache.get("a"), cache.get("a")]);
  assert.deepEqual(both, [{ value: "a" }, { value: "a" }]);
  assert.deepEqual(calls, ["a"]);
});

test("a failed load is tried again", async () => {
  const [calls, load] = counting((key, call) => (call === 1 ? Promise.reject(new Error("down")) : key));
  const cache = new Cache(load);
  await assert.rejects(cache.get("a"), /down/);
  assert.equal(cache.size, 0);
  assert.deepEqual(await cache.get("a"), { value: "a" });
  assert.equal(calls.length, 2);
});

test("a loader that throws at once rejects", async () => {
  const cache = new Cache(() => {
    throw new Error("at once");
  });
  await assert.rejects(cache.get("a"), /at once/);
  assert.equal(cache.size, 0);
});

test("an old entry is loaded again", async () => {
  let now = 0;
  const [calls, load] = counting((key, call) => call);
  const cache = new Cache(load, { maxAge: 100, now: () => now });
  assert.deepEqual(await cache.get("a"), { value: 1 });
  now = 100;
  assert.deepEqual(await cache.get("a"), { value: 1 });
  now = 101;
  assert.deepEqual(await cache.get("a"), { value: 2 });
  assert.equal(calls.length, 2);
});

test("zz_end_CAB_NONCE", () => undefined);
