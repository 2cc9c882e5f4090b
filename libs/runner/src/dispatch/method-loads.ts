import type { Call } from './call.js';
import type { LatencyCoefficients } from './latency-model.js';
import { MethodLoad } from './method-load.js';

/** Stands for methods that there are not, so that callers' own names are kept nowhere. */
export const UNKNOWN_METHOD = 'unknown';

/** What a method has to do, and what was learned of it. */
export interface MethodStatus {
  readonly name: string;
  /** Calls that wait for a worker. */
  readonly waiting: number;
  readonly waitingRows: number;
  /** Calls that run, those included that were given up meanwhile. */
  readonly running: number;
  /** latency(rows) = a·rows + b, in milliseconds; undefined until enough batches were seen. */
  readonly latency: LatencyCoefficients | undefined;
}

/** What waits of all methods of a runner. */
export class MethodLoads implements Iterable<MethodLoad> {
  /** Calls that wait for a worker; one that is split counts as one. */
  waiting = 0;
  private readonly loads = new Map<string, MethodLoad>();

  of(method: string): MethodLoad {
    let load = this.loads.get(method);
    if (load === undefined) {
      load = new MethodLoad(method);
      this.loads.set(method, load);
    }
    return load;
  }

  [Symbol.iterator](): IterableIterator<MethodLoad> {
    return this.loads.values();
  }

  /** Of each method that was called. */
  statuses(runningCalls: Iterable<Call>): MethodStatus[] {
    const running = new Map<MethodLoad, number>();
    for (const { load } of runningCalls) running.set(load, (running.get(load) ?? 0) + 1);
    return [...this].map((load) => ({
      name: load.name,
      waiting: load.waiting,
      waitingRows: load.waitingRows,
      running: running.get(load) ?? 0,
      latency: load.latency.coefficients,
    }));
  }

  enter(call: Call): void {
    const { load, whole } = call;
    call.state = 'waiting';
    load.waitingRows += call.rows;
    if (whole !== undefined && whole.waitingParts++ > 0) return;
    load.waiting++;
    this.waiting++;
  }

  leave(call: Call): void {
    const { load, whole } = call;
    load.waitingRows -= call.rows;
    if (whole !== undefined && --whole.waitingParts > 0) return;
    load.waiting--;
    this.waiting--;
  }
}
