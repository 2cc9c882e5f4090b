import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import { BATCH_CHANNEL, CALL_CHANNEL } from 'bentonest/runner';
import type { BatchEvent, CallEvent } from 'bentonest/runner';
import type { Counter } from 'prom-client';
import { RUNNER_METRICS } from './runner-metric.providers.js';
import type { BucketHistogram, BucketSeries } from './bucket-histogram.js';
import { CallSeries } from './call-series.js';

/** Measures of the calls of one runner and method that ended with one status. */
interface EndedSeries extends Pick<CallEvent, 'runner' | 'method' | 'statusCode'> {
  readonly duration: CallSeries;
  readonly queue: BucketSeries;
}

/** Counts calls and batches from the runners' events. */
@Injectable()
export class RunnerMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly batches = new Map<string, BucketSeries>();
  private readonly ended = new Map<string, EndedSeries>();
  /** Most calls end as the one before: they need no key. */
  private last: EndedSeries | undefined;

  @InjectMetric(RUNNER_METRICS.total) private readonly total: Counter;
  @InjectMetric(RUNNER_METRICS.duration) private readonly duration: BucketHistogram;
  @InjectMetric(RUNNER_METRICS.batchSize) private readonly batchSize: BucketHistogram;
  @InjectMetric(RUNNER_METRICS.queueTime) private readonly queueTime: BucketHistogram;
  @InjectMetric(RUNNER_METRICS.lost) private readonly lost: Counter;

  onApplicationBootstrap(): void {
    Object.assign(this.total, { collect: () => this.flush() });
    subscribe(BATCH_CHANNEL, this.recordBatch);
    subscribe(CALL_CHANNEL, this.recordCall);
  }

  onApplicationShutdown(): void {
    unsubscribe(BATCH_CHANNEL, this.recordBatch);
    unsubscribe(CALL_CHANNEL, this.recordCall);
    this.flush();
  }

  private readonly recordBatch = (message: unknown): void => {
    const { runner, method, rows } = message as BatchEvent;
    const key = `${runner}\n${method}`;
    let series = this.batches.get(key);
    if (series === undefined) {
      series = this.batchSize.seriesOf({ runner_name: runner, method_name: method });
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
    this.lost.labels({ runner_name: runner, method_name: method, reason }).inc();
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
    const labels = { runner_name: runner, endpoint: method, http_response_code: statusCode };
    const names = { runner_name: runner, method_name: method };
    const duration = new CallSeries(this.duration.seriesOf(labels), this.total.labels(labels));
    return { runner, method, statusCode, duration, queue: this.queueTime.seriesOf(names) };
  }

  private flush(): void {
    for (const { duration } of this.ended.values()) duration.flush();
  }
}

function isAlike(a: EndedSeries, b: CallEvent): boolean {
  return a.statusCode === b.statusCode && a.method === b.method && a.runner === b.runner;
}
