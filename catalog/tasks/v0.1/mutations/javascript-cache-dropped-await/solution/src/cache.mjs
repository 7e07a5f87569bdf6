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
    if (entry && this.#now() - entry.at <= this.#maxAge) {
      return { value: await entry.value };
    }
    const loading = { value: Promise.resolve(key).then(this.#load), at: this.#now() };
    this.#entries.set(key, loading);
    try {
      return { value: await loading.value };
    } catch (error) {
      if (this.#entries.get(key) === loading) {
        this.#entries.delete(key);
      }
      throw error;
    }
  }

  /** How many keys are kept. */
  get size() {
    return this.#entries.size;
  }
}
