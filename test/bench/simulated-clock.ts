import type { Clock } from './internals.js';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Discrete events: time jumps from one timer to the next, so hours are simulated in seconds. */
export class SimulatedClock implements Clock {
  private time = 0;
  private order = 0;
  private deferred: (() => void)[] = [];
  /** In no order: there are a handful at a time. */
  private readonly timers = new Set<Timer>();

  now(): number {
    return this.time;
  }

  defer(callback: () => void): void {
    this.deferred.push(callback);
  }

  setTimer(callback: () => void, delayMs: number): unknown {
    const timer = { at: this.time + Math.max(0, delayMs), order: this.order++, callback };
    this.timers.add(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.timers.delete(timer as Timer);
  }

  /** Runs what is due until `end`, and lets promises settle after each event. */
  async runUntil(end: number): Promise<void> {
    for (;;) {
      await settled();
      if (this.deferred.length > 0) {
        this.runDeferred();
        continue;
      }
      const next = this.earliest();
      if (next === undefined || next.at > end) break;
      this.timers.delete(next);
      this.time = next.at;
      next.callback();
    }
    this.time = end;
  }

  private runDeferred(): void {
    const { deferred } = this;
    this.deferred = [];
    for (const callback of deferred) callback();
  }

  private earliest(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.timers) {
      const isEarlier =
        first === undefined ||
        timer.at < first.at ||
        (timer.at === first.at && timer.order < first.order);
      if (isEarlier) first = timer;
    }
    return first;
  }
}

/** All microtasks run before the event loop turns. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
