import { Module } from '@nestjs/common';
import type { DynamicModule, Provider } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { register } from 'prom-client';
import { HealthController } from './health/health.controller.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { runnerMetricProviders } from './metrics/runner-metric.providers.js';
import { RunnerGauges } from './metrics/runner-gauges.js';
import { RunnerMetrics } from './metrics/runner-metrics.js';
import { RequestMetrics, requestMetricProviders } from './metrics/request-metrics.js';
import { RequestTracing, TRACING_OPTIONS } from './tracing/request-tracing.js';
import type { TracingOptions } from './tracing/tracing.options.js';

/** Options of {@link ObserveModule}. */
export interface ObserveOptions {
  /** Serves `GET /metrics` for Prometheus. @default true */
  metrics?: boolean;
  /** Serves `GET /livez`, `/readyz` and `/healthz`. @default true */
  health?: boolean;
  /** Spans of requests, batches and mounts by OpenTelemetry; false: none. @default {} */
  tracing?: false | TracingOptions;
}

const METRICS = [
  ...requestMetricProviders,
  RequestMetrics,
  ...runnerMetricProviders,
  RunnerMetrics,
  RunnerGauges,
];

/** Health endpoints, metrics and tracing: subscribers of what serving and runners publish. */
@Module({})
export class ObserveModule {
  static register({
    metrics = true,
    health = true,
    tracing = {},
  }: ObserveOptions = {}): DynamicModule {
    return {
      module: ObserveModule,
      imports: metrics ? [createPrometheusModule()] : [],
      providers: [...(metrics ? METRICS : []), ...tracingProviders(tracing)],
      controllers: health ? [HealthController] : [],
    };
  }
}

function tracingProviders(tracing: false | TracingOptions): Provider[] {
  return tracing === false ? [] : [{ provide: TRACING_OPTIONS, useValue: tracing }, RequestTracing];
}

function createPrometheusModule(): DynamicModule {
  // prom-client's registry is the process's: a second application in it finds the metrics there.
  const isRegistered = register.getSingleMetric('process_cpu_user_seconds_total') !== undefined;
  return PrometheusModule.register({
    controller: MetricsController,
    defaultMetrics: { enabled: !isRegistered },
  });
}
