import assert from "node:assert/strict";
import { test } from "node:test";

import { merge } from "../src/merge.mjs";

test("plain objects are merged key by key", () => {
  const got = merge({ a: { b: 1, c: { d: 2 } } }, { a: { c: { e: 3 } } }, { a: { b: 4 } });
  assert.deepEqual(got, { a: { b: 4, c: { d: 2, e: 3 } } });
});

test("arguments stay as they are", () => {
  const first = { a: { b: 1 }, list: [{ c: 1 }] };
  const second = { a: { d: 2 } };
  const got = merge(first, second);
  got.a.b = 9;
  got.list[0].c = 9;
  got.list.push(1);
  assert.deepEqual(first, { a: { b: 1 }, list: [{ c: 1 }] });
  assert.deepEqual(second, { a: { d: 2 } });
});

test("everything but plain objects replaces", () => {
  const day = new Date(0);
  const call = () => 1;
  const got = merge(
    { list: [1, 2], day: { y: 1 }, gone: { x: 1 }, call: {} },
    { list: [3], day, gone: null, call },
  );
  assert.deepEqual(got.list, [3]);
  assert.equal(got.day, day);
  assert.equal(got.gone, null);
  assert.equal(got.call, call);
});

test("an object replaces what is none", () => {
  assert.deepEqual(merge({ a: 1, b: null, c: [1] }, { a: { x: 1 }, b: { y: 2 }, c: { z: 3 } }), {
    a: { x: 1 },
    b: { y: 2 },
    c: { z: 3 },
  });
});

test("undefined replaces nothing", () => {
  assert.deepEqual(merge({ a: 1, b: 0 }, { a: undefined, b: false }), { a: 1, b: false });
});

test("prototypes cannot be reached", () => {
  const evil = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}}');
  const got = merge({}, evil);
  assert.equal({}.polluted, undefined);
  assert.equal(got.polluted, undefined);
  assert.equal(Object.getPrototypeOf(got), Object.prototype);
});

test("objects without a prototype are plain", () => {
  const bare = Object.assign(Object.create(null), { b: 2 });
  assert.deepEqual({ ...merge({ a: { c: 1 } }, { a: bare }).a }, { b: 2, c: 1 });
});

test("missing arguments count as empty", () => {
  assert.deepEqual(merge({ a: 1 }, undefined, null, { b: 2 }), { a: 1, b: 2 });
});

test("zz_end_CAB_NONCE", () => undefined);
