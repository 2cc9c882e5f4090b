import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { BATCH_CHANNEL, LOST_CALL_CHANNEL } from 'bentonest/runner';
import type { BatchEvent, LossReason, LostCallEvent } from 'bentonest/runner';
import type { Counter } from 'prom-client';
import type { BucketHistogram, BucketSeries } from './bucket-histogram.js';
import { CallSeries } from './call-series.js';
import { EventCounter, whenCollected } from './event-counter.js';

export interface CallMetrics {
  readonly total: Counter;
  readonly duration: BucketHistogram;
  readonly batchSize: BucketHistogram;
  readonly queueTime: BucketHistogram;
  readonly lost: Counter;
}

/** What a call that was not run to its end was answered with. */
const STATUS_OF: Readonly<Record<LossReason, number>> = {
  queue_full: 503,
  deadline: 503,
  unavailable: 503,
  timeout: 504,
  aborted: 499,
};

/** Measures of one method and status. */
interface BatchSeries {
  readonly duration: CallSeries;
  readonly queue: BucketSeries;
  readonly rows: BucketSeries;
}

/** Counts calls and batches from the runners' events. */
export class RunnerMetrics extends EventCounter {
  private readonly series = new Map<string, BatchSeries>();

  constructor(private readonly metrics: CallMetrics) {
    super();
    whenCollected(metrics.total, () => this.flush());
  }

  /** Has the calls that runners lose counted from 0: what has not happened yet is to be seen, too. */
  expect(runners: readonly string[]): void {
    for (const runner_name of runners) {
      for (const reason of Object.keys(STATUS_OF)) {
        this.metrics.lost.labels({ runner_name, reason }).inc(0);
      }
    }
  }

  protected override subscribe(): void {
    subscribe(BATCH_CHANNEL, this.recordBatch);
    subscribe(LOST_CALL_CHANNEL, this.recordLost);
  }

  protected override unsubscribe(): void {
    unsubscribe(BATCH_CHANNEL, this.recordBatch);
    unsubscribe(LOST_CALL_CHANNEL, this.recordLost);
    this.flush();
  }

  private readonly recordBatch = (message: unknown): void => {
    const event = message as BatchEvent;
    const { duration, queue, rows } = this.seriesOf(event);
    rows.record(event.rows);
    for (const durationMs of event.durationsMs) {
      duration.record(durationMs);
      queue.record(Math.max(0, durationMs - event.runMs) / 1000);
    }
  };

  private readonly recordLost = (message: unknown): void => {
    const { runner, method, reason } = message as LostCallEvent;
    const { lost, total } = this.metrics;
    lost.labels({ runner_name: runner, reason }).inc();
    const code = STATUS_OF[reason];
    total.labels({ runner_name: runner, endpoint: method, http_response_code: code }).inc();
  };

  private seriesOf({ runner, method, statusCode }: BatchEvent): BatchSeries {
    const key = `${runner}\n${method}\n${statusCode}`;
    const known = this.series.get(key);
    if (known !== undefined) return known;
    const labels = { runner_name: runner, endpoint: method, http_response_code: statusCode };
    const names = { runner_name: runner, method_name: method };
    const { duration, total, queueTime, batchSize } = this.metrics;
    const made = {
      duration: new CallSeries(duration.seriesOf(labels), total.labels(labels)),
      queue: queueTime.seriesOf(names),
      rows: batchSize.seriesOf(names),
    };
    this.series.set(key, made);
    return made;
  }

  private flush(): void {
    for (const { duration } of this.series.values()) duration.flush();
  }
}
