import type { Counter } from 'prom-client';
import type { BucketSeries } from './bucket-histogram.js';

/** How long answers of one label set took, and how many there were: the counter follows when collected. */
export class CallSeries {
  private counted: number;

  constructor(
    private readonly duration: BucketSeries,
    private readonly total: Counter.Internal,
  ) {
    this.counted = duration.count;
  }

  record(durationMs: number, traceId?: string): void {
    this.duration.record(durationMs / 1000, traceId);
  }

  flush(): void {
    this.total.inc(this.duration.count - this.counted);
    this.counted = this.duration.count;
  }
}
