import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { BATCH_CHANNEL, CALL_CHANNEL } from 'bentonest/runner';
import type { BatchEvent, CallEvent, LossReason } from 'bentonest/runner';
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

const REASONS: readonly LossReason[] = [
  'queue_full',
  'deadline',
  'unavailable',
  'timeout',
  'aborted',
];
/** What calls count as while a runner's methods are not known, as those of a method that it has not. */
const UNKNOWN_METHOD = 'unknown';

/** Measures of the calls of one runner and method that ended with one status. */
interface EndedSeries extends Pick<CallEvent, 'runner' | 'method' | 'statusCode'> {
  readonly duration: CallSeries;
  readonly queue: BucketSeries;
}

/** Counts calls and batches from the runners' events. */
export class RunnerMetrics extends EventCounter {
  private readonly batches = new Map<string, BucketSeries>();
  private readonly ended = new Map<string, EndedSeries>();
  /** Most calls end as the one before: they need no key. */
  private last: EndedSeries | undefined;

  constructor(private readonly metrics: CallMetrics) {
    super();
    whenCollected(metrics.total, () => this.flush());
  }

  /** Has the calls that runners lose counted from 0: what has not happened yet is to be seen, too. */
  expect(runners: readonly string[]): void {
    for (const runner of runners) this.expectLosses(runner, UNKNOWN_METHOD);
  }

  protected override subscribe(): void {
    subscribe(BATCH_CHANNEL, this.recordBatch);
    subscribe(CALL_CHANNEL, this.recordCall);
  }

  protected override unsubscribe(): void {
    unsubscribe(BATCH_CHANNEL, this.recordBatch);
    unsubscribe(CALL_CHANNEL, this.recordCall);
    this.flush();
  }

  private readonly recordBatch = (message: unknown): void => {
    const { runner, method, rows } = message as BatchEvent;
    const key = `${runner}\n${method}`;
    let series = this.batches.get(key);
    if (series === undefined) {
      const { batchSize } = this.metrics;
      series = batchSize.seriesOf({ runner_name: runner, method_name: method });
      this.batches.set(key, series);
    }
    series.record(rows);
  };

  private readonly recordCall = (message: unknown): void => {
    const event = message as CallEvent;
    const { duration, queue } = this.seriesOf(event);
    duration.record(event.durationMs);
    if (event.queueMs !== undefined) queue.record(event.queueMs / 1000);
    if (event.lost === undefined) return;
    const { runner, method, lost: reason } = event;
    this.metrics.lost.labels({ runner_name: runner, method_name: method, reason }).inc();
  };

  private seriesOf(event: CallEvent): EndedSeries {
    const { last } = this;
    if (last !== undefined && isAlike(last, event)) return last;
    const { runner, method, statusCode } = event;
    const key = `${runner}\n${method}\n${statusCode}`;
    const series = this.ended.get(key) ?? this.createSeries(event);
    this.ended.set(key, series);
    this.last = series;
    return series;
  }

  private createSeries({ runner, method, statusCode }: CallEvent): EndedSeries {
    const { duration, total, queueTime } = this.metrics;
    const labels = { runner_name: runner, endpoint: method, http_response_code: statusCode };
    const queue = queueTime.seriesOf({ runner_name: runner, method_name: method });
    const calls = new CallSeries(duration.seriesOf(labels), total.labels(labels));
    this.expectLosses(runner, method);
    return { runner, method, statusCode, duration: calls, queue };
  }

  private expectLosses(runner: string, method: string): void {
    for (const reason of REASONS) {
      this.metrics.lost.labels({ runner_name: runner, method_name: method, reason }).inc(0);
    }
  }

  private flush(): void {
    for (const { duration } of this.ended.values()) duration.flush();
  }
}

function isAlike(a: EndedSeries, b: CallEvent): boolean {
  return a.statusCode === b.statusCode && a.method === b.method && a.runner === b.runner;
}
