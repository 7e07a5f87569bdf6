type Listener = (payload: any) => void;

/** Calls listeners by the name of an event, in the order in which they came. */
export class Emitter {
  private listeners: { [event: string]: Listener[] } = {};

  /** Add a listener; the same one twice is called twice. */
  on(event: string, listener: Listener): void {
    (this.listeners[event] ??= []).push(listener);
  }

  /** Add a listener for the next event of the name alone. */
  once(event: string, listener: Listener): void {
    const wrapped: Listener = (payload) => {
      this.off(event, wrapped);
      listener(payload);
    };
    this.on(event, wrapped);
  }

  /** Take a listener away, the one that came last first; an unknown one is no error. */
  off(event: string, listener: Listener): void {
    const known = this.listeners[event] ?? [];
    const at = known.lastIndexOf(listener);
    if (at >= 0) {
      known.splice(at, 1);
    }
  }

  /** Call the listeners that there are now; returns how many. */
  emit(event: string, payload: any): number {
    const called = this.listeners[event] ?? [];
    for (const listener of called) {
      listener(payload);
    }
    return called.length;
  }
}
