type Payloads = Record<string, any>;
type Listener<P> = (payload: P) => void;
type Entry = { given: Listener<any>; called: Listener<any> };

/** Calls listeners by the name of an event, in the order in which they came. */
export class Emitter<Events extends object = Payloads> {
  private listeners = new Map<keyof Events, Entry[]>();

  /** Add a listener; the same one twice is called twice. */
  on<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): void {
    this.add(event, { given: listener, called: listener });
  }

  /** Add a listener for the next event of the name alone. */
  once<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): void {
    const entry: Entry = {
      given: listener,
      called: (payload) => {
        this.drop(event, (known) => known === entry);
        listener(payload);
      },
    };
    this.add(event, entry);
  }

  /** Take a listener away, the one that came last first; an unknown one is no error. */
  off<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): void {
    this.drop(event, (known) => known.given === listener);
  }

  /** Call the listeners that there are now; returns how many. */
  emit<Name extends keyof Events>(event: Name, payload: Events[Name]): number {
    const called = [...(this.listeners.get(event) ?? [])];
    for (const entry of called) {
      entry.called(payload);
    }
    return called.length;
  }

  private add(event: keyof Events, entry: Entry): void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), entry]);
  }

  private drop(event: keyof Events, wanted: (entry: Entry) => boolean): void {
    const known = this.listeners.get(event) ?? [];
    const at = known.map(wanted).lastIndexOf(true);
    if (at >= 0) {
      this.listeners.set(event, [...known.slice(0, at), ...known.slice(at + 1)]);
    }
  }
}
