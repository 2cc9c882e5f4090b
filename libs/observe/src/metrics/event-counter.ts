const counters = new WeakMap<object, unknown>();
const collectors = new WeakSet<() => void>();

/**
 * Counts what happens in this process, while one of its applications is there at least. prom-client's
 * registry is the process's, and so are events: each is counted once, however many applications there are.
 */
export abstract class EventCounter {
  private users = 0;

  acquire(): void {
    if (this.users++ === 0) this.subscribe();
  }

  release(): void {
    if (--this.users === 0) this.unsubscribe();
  }

  protected abstract subscribe(): void;
  protected abstract unsubscribe(): void;
}

/** What counts for a metric: a second application of the process finds the first's. */
export function counterOf<T>(metric: object, make: () => T): T {
  const known = counters.get(metric) as T | undefined;
  if (known !== undefined) return known;
  const made = make();
  counters.set(metric, made);
  return made;
}

/** Has a metric brought up to date whenever it is collected, by what is done in no time. */
export function whenCollected(metric: object, collect: () => void): void {
  collectors.add(collect);
  Object.assign(metric, { collect });
}

/** Whether a metric can be collected at any time: what a user's own `collect` does is not known. */
export function isCheaplyCollected({ collect }: { readonly collect?: unknown }): boolean {
  return typeof collect !== 'function' || collectors.has(collect as () => void);
}
