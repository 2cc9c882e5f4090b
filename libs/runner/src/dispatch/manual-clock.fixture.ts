import type { Clock } from './clock.js';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until a spec moves it. */
export class ManualClock implements Clock {
  private time = 0;
  private deferred: (() => void)[] = [];
  private timers: Timer[] = [];

  now(): number {
    return this.time;
  }

  defer(callback: () => void): void {
    this.deferred.push(callback);
  }

  setTimer(callback: () => void, delayMs: number): unknown {
    const timer = { at: this.time + delayMs, callback };
    this.timers.push(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.timers = this.timers.filter((each) => each !== timer);
  }

  /** Runs what was deferred, and lets promises settle. */
  async turn(): Promise<void> {
    const { deferred } = this;
    this.deferred = [];
    for (const callback of deferred) callback();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Time goes by, and no timer fires: the event loop is busy. */
  skip(ms: number): void {
    this.time += ms;
  }

  async advance(ms: number): Promise<void> {
    this.time += ms;
    const due = this.timers.filter(({ at }) => at <= this.time);
    this.timers = this.timers.filter(({ at }) => at > this.time);
    for (const { callback } of due) callback();
    await this.turn();
  }
}
