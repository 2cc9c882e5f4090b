import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Provider } from '@nestjs/common';
import { makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import {
  CLIENT_ERROR_CHANNEL,
  REQUEST_CHANNEL,
  REQUEST_START_CHANNEL,
  countOf,
  noteCount,
} from 'bentonest/serving';
import type {
  ClientErrorEvent,
  RequestCount,
  RequestEvent,
  RequestStartEvent,
  RouteInfo,
} from 'bentonest/serving';
import type { Counter, Gauge } from 'prom-client';
import { makeBucketHistogramProvider } from './bucket-histogram.js';
import type { BucketHistogram } from './bucket-histogram.js';
import { CallSeries } from './call-series.js';
import { EventCounter, counterOf, whenCollected } from './event-counter.js';
import { provideWithMetrics } from './metric-providers.js';
import type { ResolvedMetricsOptions } from './metrics.options.js';

/** BentoML 1.x's labels; the endpoint is the route template, so unknown paths add one series at most. */
const ROUTE_LABELS = ['endpoint', 'service_name', 'service_version'];
const LABELS = ['endpoint', 'http_response_code', 'service_name', 'service_version'];

interface Metrics {
  readonly total: Counter;
  readonly duration: BucketHistogram;
  readonly inProgress: Gauge;
}

/** The metrics of requests, and what counts them. */
export function requestMetricProviders({
  namespace,
  durationBuckets,
  exemplars,
}: ResolvedMetricsOptions): Provider[] {
  const names = {
    total: `${namespace}_api_server_request_total`,
    duration: `${namespace}_api_server_request_duration_seconds`,
    inProgress: `${namespace}_api_server_request_in_progress`,
  };
  return [
    makeCounterProvider({
      name: names.total,
      help: 'Number of HTTP requests that were answered.',
      labelNames: LABELS,
    }),
    makeBucketHistogramProvider({
      name: names.duration,
      help: 'Time from a request to the end of its answer, in seconds.',
      labelNames: LABELS,
      buckets: [...durationBuckets],
    }),
    makeGaugeProvider({
      name: names.inProgress,
      help: 'Number of HTTP requests that are being answered.',
      labelNames: ROUTE_LABELS,
    }),
    provideWithMetrics<Metrics>(RequestMetrics, names, (metrics) =>
      counterOf(metrics.duration, () => new RequestMetrics(metrics, exemplars)),
    ),
  ];
}

/** What is known of one route. */
class RouteSeries implements RequestCount {
  inProgress = 0;
  readonly byStatus = new Map<number, CallSeries>();
  private readonly gauge: Gauge.Internal<string>;

  constructor(
    private readonly route: RouteInfo,
    readonly metrics: Metrics,
  ) {
    this.gauge = metrics.inProgress.labels(this.labels);
  }

  record(statusCode: number, durationMs: number, traceId: string | undefined): void {
    let series = this.byStatus.get(statusCode);
    if (series === undefined) {
      series = this.createSeries(statusCode);
      this.byStatus.set(statusCode, series);
    }
    series.record(durationMs, traceId);
  }

  showInProgress(): void {
    this.gauge.set(this.inProgress);
  }

  private createSeries(statusCode: number): CallSeries {
    const { duration, total } = this.metrics;
    const { endpoint, ...service } = this.labels;
    const labels = { endpoint, http_response_code: statusCode, ...service };
    return new CallSeries(duration.seriesOf(labels), total.labels(labels));
  }

  private get labels() {
    const { endpoint, service, version } = this.route;
    return { endpoint, service_name: service, service_version: version };
  }
}

/** Counts requests from the serving layer's events. */
export class RequestMetrics extends EventCounter {
  private readonly routes = new Map<RouteInfo, RouteSeries>();
  /** Routes of other methods or of another application may have the same labels. */
  private readonly byLabels = new Map<string, RouteSeries>();
  /** Where requests count that are noted with the metrics of another application of the process. */
  private readonly beside = new Map<IncomingMessage, RouteSeries>();

  constructor(
    private readonly metrics: Metrics,
    private readonly exemplars: boolean,
  ) {
    super();
    whenCollected(metrics.total, () => this.flush());
    whenCollected(metrics.inProgress, () => {
      for (const series of this.byLabels.values()) series.showInProgress();
    });
  }

  protected override subscribe(): void {
    subscribe(REQUEST_START_CHANNEL, this.begin);
    subscribe(REQUEST_CHANNEL, this.end);
    subscribe(CLIENT_ERROR_CHANNEL, this.refuse);
  }

  protected override unsubscribe(): void {
    unsubscribe(REQUEST_START_CHANNEL, this.begin);
    unsubscribe(REQUEST_CHANNEL, this.end);
    unsubscribe(CLIENT_ERROR_CHANNEL, this.refuse);
    this.flush();
    // Nobody tells any more when what is in progress ends.
    this.routes.clear();
    this.byLabels.clear();
    this.beside.clear();
    this.metrics.inProgress.reset();
  }

  private readonly begin = (message: unknown): void => {
    const { route, request } = message as RequestStartEvent;
    // A mount has given the request back, and a route has it now.
    this.leave(request);
    const series = this.seriesOf(route);
    series.inProgress++;
    if (countOf(request) === undefined) noteCount(request, series);
    else this.beside.set(request, series);
  };

  private readonly end = (message: unknown): void => {
    const { route, request, statusCode, durationMs, traceId } = message as RequestEvent;
    this.leave(request);
    this.seriesOf(route).record(statusCode, durationMs, this.exemplars ? traceId : undefined);
  };

  /** Counted, but not among the durations: nobody knows when it began. */
  private readonly refuse = (message: unknown): void => {
    const { statusCode } = message as ClientErrorEvent;
    const service = { service_name: '', service_version: '' };
    const labels = { endpoint: '', http_response_code: statusCode, ...service };
    this.metrics.total.labels(labels).inc();
  };

  private leave(request: IncomingMessage): void {
    const count = countOf(request);
    if (count instanceof RouteSeries && count.metrics === this.metrics) {
      count.inProgress--;
      noteCount(request, undefined);
    } else if (this.beside.size > 0) {
      const series = this.beside.get(request);
      if (series !== undefined) series.inProgress--;
      this.beside.delete(request);
    }
  }

  private seriesOf(route: RouteInfo): RouteSeries {
    let series = this.routes.get(route);
    if (series !== undefined) return series;
    const key = JSON.stringify([route.endpoint, route.service, route.version]);
    series = this.byLabels.get(key) ?? new RouteSeries(route, this.metrics);
    this.byLabels.set(key, series);
    this.routes.set(route, series);
    return series;
  }

  private flush(): void {
    for (const { byStatus } of this.byLabels.values()) {
      for (const series of byStatus.values()) series.flush();
    }
  }
}
