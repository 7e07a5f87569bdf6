/** The settings of all arguments in one object; later ones win. */
export function merge(target, ...sources) {
  for (const source of sources) {
    for (const key in source) {
      const value = source[key];
      if (typeof value === "object" && target[key]) {
        merge(target[key], value);
      } else {
        target[key] = value;
      }
    }
  }
  return target;
}
