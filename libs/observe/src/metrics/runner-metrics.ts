import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import { BATCH_CHANNEL, LOST_CALL_CHANNEL } from 'bentonest/runner';
import type { BatchEvent, LossReason, LostCallEvent } from 'bentonest/runner';
import type { Counter } from 'prom-client';
import { RUNNER_METRICS } from './runner-metric.providers.js';
import type { BucketHistogram, BucketSeries } from './bucket-histogram.js';
import { CallSeries } from './call-series.js';

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
@Injectable()
export class RunnerMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly series = new Map<string, BatchSeries>();

  @InjectMetric(RUNNER_METRICS.total) private readonly total: Counter;
  @InjectMetric(RUNNER_METRICS.duration) private readonly duration: BucketHistogram;
  @InjectMetric(RUNNER_METRICS.batchSize) private readonly batchSize: BucketHistogram;
  @InjectMetric(RUNNER_METRICS.queueTime) private readonly queueTime: BucketHistogram;
  @InjectMetric(RUNNER_METRICS.lost) private readonly lost: Counter;

  onApplicationBootstrap(): void {
    Object.assign(this.total, { collect: () => this.flush() });
    subscribe(BATCH_CHANNEL, this.recordBatch);
    subscribe(LOST_CALL_CHANNEL, this.recordLost);
  }

  onApplicationShutdown(): void {
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
    this.lost.labels({ runner_name: runner, reason }).inc();
    const code = STATUS_OF[reason];
    this.total.labels({ runner_name: runner, endpoint: method, http_response_code: code }).inc();
  };

  private seriesOf({ runner, method, statusCode }: BatchEvent): BatchSeries {
    const key = `${runner}\n${method}\n${statusCode}`;
    const known = this.series.get(key);
    if (known !== undefined) return known;
    const labels = { runner_name: runner, endpoint: method, http_response_code: statusCode };
    const names = { runner_name: runner, method_name: method };
    const made = {
      duration: new CallSeries(this.duration.seriesOf(labels), this.total.labels(labels)),
      queue: this.queueTime.seriesOf(names),
      rows: this.batchSize.seriesOf(names),
    };
    this.series.set(key, made);
    return made;
  }

  private flush(): void {
    for (const { duration } of this.series.values()) duration.flush();
  }
}
