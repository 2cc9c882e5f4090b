import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import { REQUEST_CHANNEL } from 'bentonest/serving';
import type { RequestEvent, RouteInfo } from 'bentonest/serving';
import type { Counter } from 'prom-client';
import { DURATION_BUCKETS } from './buckets.js';
import { BucketHistogram, makeBucketHistogramProvider } from './bucket-histogram.js';
import { CallSeries } from './call-series.js';

const TOTAL = 'bentoml_api_server_request_total';
const DURATION = 'bentoml_api_server_request_duration_seconds';

/** BentoML 1.x's labels; the endpoint is the route template, so unknown paths add one series at most. */
const LABELS = ['endpoint', 'http_response_code', 'service_name', 'service_version'] as const;
type Label = (typeof LABELS)[number];

export const requestMetricProviders = [
  makeCounterProvider({
    name: TOTAL,
    help: 'Number of HTTP requests that were answered.',
    labelNames: [...LABELS],
  }),
  makeBucketHistogramProvider({
    name: DURATION,
    help: 'Time from a request to the end of its answer, in seconds.',
    labelNames: [...LABELS],
    buckets: DURATION_BUCKETS,
  }),
];

/** Counts requests from the serving layer's events. */
@Injectable()
export class RequestMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  /** By route, then by status code. */
  private readonly series = new Map<RouteInfo, Map<number, CallSeries>>();

  constructor(
    @InjectMetric(TOTAL) private readonly total: Counter<Label>,
    @InjectMetric(DURATION) private readonly duration: BucketHistogram,
  ) {
    Object.assign(this.total, { collect: () => this.flush() });
  }

  onApplicationBootstrap(): void {
    subscribe(REQUEST_CHANNEL, this.record);
  }

  onApplicationShutdown(): void {
    unsubscribe(REQUEST_CHANNEL, this.record);
    this.flush();
  }

  private readonly record = (message: unknown): void => {
    const { route, statusCode, durationMs } = message as RequestEvent;
    const series = this.series.get(route)?.get(statusCode) ?? this.createSeries(route, statusCode);
    series.record(durationMs);
  };

  private createSeries(route: RouteInfo, statusCode: number): CallSeries {
    const labels = {
      endpoint: route.endpoint,
      http_response_code: statusCode,
      service_name: route.service,
      service_version: route.version,
    };
    const series = new CallSeries(this.duration.seriesOf(labels), this.total.labels(labels));
    let ofRoute = this.series.get(route);
    if (ofRoute === undefined) this.series.set(route, (ofRoute = new Map()));
    ofRoute.set(statusCode, series);
    return series;
  }

  private flush(): void {
    for (const ofRoute of this.series.values()) {
      for (const series of ofRoute.values()) series.flush();
    }
  }
}
