import type { Clock } from './clock.js';
import type { MethodLoad } from './method-load.js';

/** What is known of a batch that could be sent now. */
export interface WaitingBatch {
  readonly load: MethodLoad;
  readonly rows: number;
  /** When its first call came. */
  readonly since: number;
  readonly maxBatchSize: number;
}

/**
 * Until when a batch waits for more calls although a worker is free; 0 when it goes at once.
 *
 * With rows arriving at a rate r, sending n rows every a·n + b ms carries more when more of them share
 * the fixed cost b: throughput rises with the wait as long as n < r·b. It waits for that many rows, at
 * most b ms, and only where its first call is then still answered within `maxLatencyMs`.
 */
export function waitUntil(batch: WaitingBatch, now: number, maxLatencyMs: number): number {
  const { load, rows, since, maxBatchSize } = batch;
  const { coefficients } = load.latency;
  if (coefficients === undefined) return 0;
  const { a, b } = coefficients;
  const worthwhile = Math.min(maxBatchSize, load.rate(now) * b);
  if (rows >= worthwhile) return 0;
  const until = since + Math.min(b, maxLatencyMs - (a * worthwhile + b));
  return until > now ? until : 0;
}

/** The timer of batches that wait for more rows: it fires when the first of them may wait no longer. */
export class BatchWindow {
  private timer: unknown;
  private end = Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly fire: () => void,
  ) {}

  open(until: number): void {
    if (until >= this.end) return;
    if (this.timer !== undefined) this.clock.clearTimer(this.timer);
    this.end = until;
    this.timer = this.clock.setTimer(this.fire, until - this.clock.now());
  }

  close(): void {
    if (this.timer !== undefined) this.clock.clearTimer(this.timer);
    this.timer = undefined;
    this.end = Infinity;
  }
}
