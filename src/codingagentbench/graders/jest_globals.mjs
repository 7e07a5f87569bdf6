// Jest's globals over node:test, for exercises written for Jest: describe, test, hooks, expect with its usual matchers.
// Loaded by `node --import`. Also lets `import "./two-fer"` find two-fer.js, and read every .js as a module.
// Every test is reported at the top level under "group > name", skipped ones are run: an exercise marks all but one.
import assert from "node:assert/strict";
import { register } from "node:module";
import nodeTest from "node:test";
import { inspect, isDeepStrictEqual } from "node:util";

const HOOKS = `
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
const NAMES = "describe, xdescribe, test, it, xtest, xit, expect, beforeEach, afterEach, beforeAll, afterAll, jest";
const GLOBALS = \`data:text/javascript,const { \${NAMES} } = globalThis; export { \${NAMES} };\`;
const isFile = (url) => existsSync(url) && statSync(url).isFile();
export async function resolve(specifier, context, next) {
  if (specifier === "@jest/globals") return { url: GLOBALS, shortCircuit: true };
  if (/^\\.{1,2}\\//.test(specifier) && context.parentURL?.startsWith("file:")) {
    const exact = new URL(specifier, context.parentURL);
    for (const url of [exact, new URL(exact.href + ".js"), new URL(exact.href + "/index.js")])
      if (isFile(url)) return { url: url.href, shortCircuit: true };
  }
  return next(specifier, context);
}
export async function load(url, context, next) {
  if (url.startsWith("file:") && url.endsWith(".js") && !url.includes("/node_modules/")) {
    const source = readFileSync(fileURLToPath(url), "utf8");
    const common = /^\\s*(module\\.)?exports\\b|\\bmodule\\.exports\\s*=/m.test(source) && !/^\\s*(import|export)\\b/m.test(source);
    if (!common) return { format: "module", source, shortCircuit: true };
  }
  return next(url, context);
}`;
register(`data:text/javascript,${encodeURIComponent(HOOKS)}`);

const { ok, equal: same } = assert; // as they are before what is tested is loaded
const groups = [];
const hooks = [{ beforeEach: [], afterEach: [], beforeAll: [], afterAll: [] }];

function describe(name, body) {
  groups.push(String(name));
  hooks.push({ beforeEach: [], afterEach: [], beforeAll: [], afterAll: [] });
  try {
    body();
  } finally {
    hooks.pop();
    groups.pop();
  }
}
describe.only = describe;
describe.skip = describe;

const wait = (body) =>
  body.length === 0 ? body() : new Promise((done, fail) => body((error) => (error ? fail(error) : done())));

function test(name, body = () => {}) {
  const around = [...hooks];
  nodeTest([...groups, String(name)].join(" > "), async () => {
    for (const { beforeAll } of around) for (const hook of beforeAll.splice(0)) await wait(hook);
    for (const { beforeEach } of around) for (const hook of beforeEach) await wait(hook);
    try {
      await wait(body);
    } finally {
      for (const { afterEach } of [...around].reverse()) for (const hook of afterEach) await wait(hook);
    }
  });
}
test.only = test;
test.skip = test;

const hook = (kind) => (body) => void hooks.at(-1)[kind].push(body);

// Undefined properties do not count for toEqual, as in Jest.
function plain(value, seen = new Map()) {
  if (value === null || typeof value !== "object") return value;
  if (seen.has(value)) return seen.get(value);
  if (Array.isArray(value)) {
    const copy = [];
    seen.set(value, copy);
    for (const item of value) copy.push(plain(item, seen));
    return copy;
  }
  if (value instanceof Map || value instanceof Set || value instanceof Date || value instanceof RegExp) return value;
  if (ArrayBuffer.isView(value) || value instanceof Error) return value instanceof Error ? { message: value.message } : value;
  const copy = {};
  seen.set(value, copy);
  for (const key of Reflect.ownKeys(value)) if (value[key] !== undefined) copy[key] = plain(value[key], seen);
  return copy;
}
const equal = (a, b) =>
  b !== null && typeof b === "object" && typeof b.asymmetric === "function"
    ? b.asymmetric(a)
    : isDeepStrictEqual(plain(a), plain(b));
const partly = (value, part) =>
  part !== null && typeof part === "object" && !Array.isArray(part) && value !== null && typeof value === "object"
    ? Object.keys(part).every((key) => partly(value[key], part[key]))
    : equal(value, part);
const at = (value, path) => (Array.isArray(path) ? path : String(path).split(".")).reduce((v, k) => v?.[k], value);
const within = (value, path) => {
  const keys = Array.isArray(path) ? path : String(path).split(".");
  const holder = keys.slice(0, -1).reduce((v, k) => v?.[k], value);
  return holder !== null && holder !== undefined && keys.at(-1) in Object(holder);
};

function thrown(error, wanted) {
  if (wanted === undefined) return true;
  const message = error instanceof Error ? error.message : (error?.message ?? String(error));
  if (typeof wanted === "string") return message.includes(wanted);
  if (wanted instanceof RegExp) return wanted.test(message);
  if (typeof wanted === "function") return error instanceof wanted;
  return message === wanted.message;
}

function toThrow(value, wanted) {
  if (typeof value !== "function") return thrown(value, wanted); // after `rejects`
  try {
    value();
  } catch (error) {
    return thrown(error, wanted);
  }
  return false;
}

const matchers = {
  toBe: (v, w) => Object.is(v, w),
  toEqual: equal,
  toStrictEqual: (v, w) => isDeepStrictEqual(v, w),
  toBeTruthy: (v) => Boolean(v),
  toBeFalsy: (v) => !v,
  toBeNull: (v) => v === null,
  toBeUndefined: (v) => v === undefined,
  toBeDefined: (v) => v !== undefined,
  toBeNaN: (v) => Number.isNaN(v),
  toBeGreaterThan: (v, w) => v > w,
  toBeGreaterThanOrEqual: (v, w) => v >= w,
  toBeLessThan: (v, w) => v < w,
  toBeLessThanOrEqual: (v, w) => v <= w,
  toBeCloseTo: (v, w, digits = 2) => Object.is(v, w) || Math.abs(v - w) < 10 ** -digits / 2,
  toBeInstanceOf: (v, w) => v instanceof w,
  toContain: (v, w) => (typeof v === "string" ? v.includes(w) : [...v].includes(w)),
  toContainEqual: (v, w) => [...v].some((item) => equal(item, w)),
  toHaveLength: (v, w) => v?.length === w,
  toMatch: (v, w) => (w instanceof RegExp ? w.test(v) : String(v).includes(w)),
  toMatchObject: partly,
  toHaveProperty: (v, path, ...rest) => within(v, path) && (rest.length === 0 || equal(at(v, path), rest[0])),
  toThrow,
  toThrowError: toThrow,
  toHaveBeenCalled: (v) => v.mock.calls.length > 0,
  toHaveBeenCalledTimes: (v, n) => v.mock.calls.length === n,
  toHaveBeenCalledWith: (v, ...w) => v.mock.calls.some((call) => equal(call, w)),
};

function checks(value, negated) {
  const named = {};
  for (const [name, holds] of Object.entries(matchers))
    named[name] = (...wanted) =>
      ok(
        holds(value, ...wanted) !== negated,
        `expect(${inspect(value)})${negated ? ".not" : ""}.${name}(${wanted.map((w) => inspect(w)).join(", ")})`,
      );
  return named;
}

const settled = (promise, kind, negated) =>
  new Proxy(
    {},
    {
      get: (_, name) =>
        name === "not"
          ? settled(promise, kind, true)
          : async (...wanted) => {
              const outcome = await Promise.resolve(promise).then(
                (value) => ({ kind: "resolves", value }),
                (value) => ({ kind: "rejects", value }),
              );
              same(outcome.kind, kind, `the promise ${outcome.kind} with ${inspect(outcome.value)}`);
              checks(outcome.value, negated)[name](...wanted);
            },
    },
  );

function expect(value) {
  return {
    ...checks(value, false),
    not: checks(value, true),
    resolves: settled(value, "resolves", false),
    rejects: settled(value, "rejects", false),
  };
}
expect.any = (type) => ({
  asymmetric: (v) => v instanceof type || (v !== null && v !== undefined && Object(v) instanceof type),
});
expect.anything = () => ({ asymmetric: (v) => v !== null && v !== undefined });
expect.arrayContaining = (part) => ({ asymmetric: (v) => part.every((p) => v.some((item) => equal(item, p))) });
expect.objectContaining = (part) => ({ asymmetric: (v) => partly(v, part) });
expect.stringContaining = (part) => ({ asymmetric: (v) => typeof v === "string" && v.includes(part) });
expect.stringMatching = (pattern) => ({ asymmetric: (v) => new RegExp(pattern).test(v) });

function fn(body = () => undefined) {
  let current = body;
  const mock = function (...args) {
    mock.mock.calls.push(args);
    return current.apply(this, args);
  };
  mock.mock = { calls: [] };
  mock.mockImplementation = (next) => ((current = next), mock);
  mock.mockReturnValue = (value) => ((current = () => value), mock);
  mock.mockClear = () => ((mock.mock.calls = []), mock);
  return mock;
}

const globals = {
  describe,
  xdescribe: describe,
  test,
  it: test,
  xtest: test,
  xit: test,
  expect,
  beforeEach: hook("beforeEach"),
  afterEach: hook("afterEach"),
  beforeAll: hook("beforeAll"),
  afterAll: hook("afterAll"),
  jest: Object.freeze({ fn, setTimeout: () => undefined }),
};
// What is tested may not put its own in their place.
for (const [name, value] of Object.entries(globals))
  Object.defineProperty(globalThis, name, { value: Object.freeze(value), writable: false, configurable: false });
