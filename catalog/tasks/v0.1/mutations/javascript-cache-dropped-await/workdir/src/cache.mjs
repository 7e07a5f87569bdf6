/** Keeps what `load(key)` gave, for `maxAge` milliseconds. */
export class Cache {
  #load;
  #maxAge;
  #now;
  #entries = new Map();

  constructor(load, { maxAge = Infinity, now = Date.now } = {}) {
    this.#load = load;
    this.#maxAge = maxAge;
    this.#now = now;
  }

  /** The value of a key, loaded when it is not there or too old. */
  async get(key) {
    const entry = this.#entries.get(key);
    if (entry && this.#now() - entry.at > this.#maxAge) {
      return { value: entry.value };
    }
    const value = this.#load(key);
    await value;
    this.#entries.set(key, { value, at: this.#now() });
    return { value };
  }

  /** How many keys are kept. */
  get size() {
    return this.#entries.size;
  }
}
