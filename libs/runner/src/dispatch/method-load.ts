import { LatencyModel } from './latency-model.js';

/** Time over which arrivals are averaged, in milliseconds. */
const RATE_WINDOW_MS = 200;

/** What the dispatcher knows of one method: how long it takes, how much of it waits and arrives. */
export class MethodLoad {
  readonly latency = new LatencyModel();
  /** When that was last told of a batch. */
  learnedAt = -Infinity;
  /** Calls. */
  waiting = 0;
  waitingRows = 0;
  private arrived = 0;
  private arrivedAt = 0;

  constructor(readonly name: string) {}

  arrive(rows: number, now: number): void {
    this.arrived = this.arrived * this.decay(now) + rows;
    this.arrivedAt = now;
  }

  /** Rows per millisecond, lately. */
  rate(now: number): number {
    return (this.arrived * this.decay(now)) / RATE_WINDOW_MS;
  }

  private decay(now: number): number {
    return Math.exp((this.arrivedAt - now) / RATE_WINDOW_MS);
  }
}
