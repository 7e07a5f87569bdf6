import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const { CAB_TSC, CAB_BUILT } = process.env;
const { Emitter } = await import(`${CAB_BUILT}/emitter.js`);

function compiles(file) {
  const done = spawnSync(CAB_TSC, ["--strict", "--target", "es2020", "--module", "es2020", "--noEmit", file]);
  assert.equal(done.status, 0, done.stdout.toString());
}

test("good uses compile", () => compiles("test/types-good.ts"));

test("bad uses do not compile", () => compiles("test/types-bad.ts"));

test("listeners are called in their order", () => {
  const emitter = new Emitter();
  const seen = [];
  emitter.on("a", (p) => seen.push(`1${p}`));
  emitter.on("a", (p) => seen.push(`2${p}`));
  emitter.on("b", (p) => seen.push(`3${p}`));
  assert.equal(emitter.emit("a", "x"), 2);
  assert.equal(emitter.emit("c", "x"), 0);
  assert.deepEqual(seen, ["1x", "2x"]);
});

test("a listener that removes itself hides no other", () => {
  const emitter = new Emitter();
  const seen = [];
  const first = () => {
    seen.push("first");
    emitter.off("a", first);
  };
  emitter.on("a", first);
  emitter.on("a", () => seen.push("second"));
  emitter.emit("a", 0);
  emitter.emit("a", 0);
  assert.deepEqual(seen, ["first", "second", "second"]);
});

test("once is for one event", () => {
  const emitter = new Emitter();
  let calls = 0;
  emitter.once("a", () => {
    calls += 1;
    emitter.emit("a", 0);
  });
  emitter.emit("a", 0);
  assert.equal(calls, 1);
});

test("once can be undone", () => {
  const emitter = new Emitter();
  let calls = 0;
  const listener = () => (calls += 1);
  emitter.once("a", listener);
  emitter.off("a", listener);
  emitter.emit("a", 0);
  assert.equal(calls, 0);
});

test("names of every object are names like others", () => {
  const emitter = new Emitter();
  assert.equal(emitter.emit("constructor", 0), 0);
  emitter.on("toString", () => undefined);
  assert.equal(emitter.emit("toString", 0), 1);
});

test("zz_end_CAB_NONCE", () => undefined);
