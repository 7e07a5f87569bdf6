/** The settings of all arguments in one object; later ones win. */
export function merge(...layers) {
  const merged = {};
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer ?? {})) {
      if (key === "__proto__" || value === undefined) {
        continue;
      }
      const before = Object.hasOwn(merged, key) ? merged[key] : undefined;
      merged[key] = isPlain(value) && isPlain(before) ? merge(before, value) : copied(value);
    }
  }
  return merged;
}

function copied(value) {
  if (Array.isArray(value)) {
    return value.map(copied);
  }
  return isPlain(value) ? merge(value) : value;
}

function isPlain(value) {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
