import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import {
  InjectMetric,
  makeCounterProvider,
  makeHistogramProvider,
} from '@willsoto/nestjs-prometheus';
import { REQUEST_CHANNEL } from 'bentonest/serving';
import type { RequestEvent } from 'bentonest/serving';
import type { Counter, Histogram } from 'prom-client';

const TOTAL = 'bentoml_api_server_request_total';
const DURATION = 'bentoml_api_server_request_duration_seconds';

/** BentoML 1.x's labels; the endpoint is the route template, so unknown paths add one series at most. */
const LABELS = ['endpoint', 'http_response_code', 'service_name', 'service_version'] as const;
type Label = (typeof LABELS)[number];

/** BentoML 1.x's default buckets, in seconds. */
const BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120, 180,
];

export const requestMetricProviders = [
  makeCounterProvider({
    name: TOTAL,
    help: 'Number of HTTP requests that were answered.',
    labelNames: [...LABELS],
  }),
  makeHistogramProvider({
    name: DURATION,
    help: 'Time from a request to the end of its answer, in seconds.',
    labelNames: [...LABELS],
    buckets: BUCKETS,
  }),
];

interface Series {
  readonly total: Counter.Internal;
  readonly duration: Histogram.Internal<Label>;
}

/** Counts requests from the serving layer's events. */
@Injectable()
export class RequestMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  /** prom-client finds a series by hashing its labels; a request pays for a look-up by key only. */
  private readonly series = new Map<string, Series>();

  constructor(
    @InjectMetric(TOTAL) private readonly total: Counter<Label>,
    @InjectMetric(DURATION) private readonly duration: Histogram<Label>,
  ) {}

  onApplicationBootstrap(): void {
    subscribe(REQUEST_CHANNEL, this.record);
  }

  onApplicationShutdown(): void {
    unsubscribe(REQUEST_CHANNEL, this.record);
  }

  private readonly record = (message: unknown): void => {
    const event = message as RequestEvent;
    const series = this.seriesOf(event);
    series.total.inc();
    series.duration.observe(event.durationMs / 1000);
  };

  private seriesOf({ endpoint, statusCode, service, version }: RequestEvent): Series {
    const key = `${statusCode} ${endpoint} ${service} ${version}`;
    let series = this.series.get(key);
    if (series === undefined) {
      const labels = {
        endpoint,
        http_response_code: statusCode,
        service_name: service,
        service_version: version,
      };
      series = { total: this.total.labels(labels), duration: this.duration.labels(labels) };
      this.series.set(key, series);
    }
    return series;
  }
}
