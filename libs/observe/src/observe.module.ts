import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { register } from 'prom-client';
import { HealthController } from './health/health.controller.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { runnerMetricProviders } from './metrics/runner-metric.providers.js';
import { RunnerGauges } from './metrics/runner-gauges.js';
import { RunnerMetrics } from './metrics/runner-metrics.js';
import { RequestMetrics, requestMetricProviders } from './metrics/request-metrics.js';

/** Options of {@link ObserveModule}. */
export interface ObserveOptions {
  /** Serves `GET /metrics` for Prometheus. @default true */
  metrics?: boolean;
  /** Serves `GET /livez`, `/readyz` and `/healthz`. @default true */
  health?: boolean;
}

const METRICS = [
  ...requestMetricProviders,
  RequestMetrics,
  ...runnerMetricProviders,
  RunnerMetrics,
  RunnerGauges,
];

/** Health endpoints and metrics: subscribers of what serving and runners publish. */
@Module({})
export class ObserveModule {
  static register({ metrics = true, health = true }: ObserveOptions = {}): DynamicModule {
    return {
      module: ObserveModule,
      imports: metrics ? [createPrometheusModule()] : [],
      providers: metrics ? METRICS : [],
      controllers: health ? [HealthController] : [],
    };
  }
}

function createPrometheusModule(): DynamicModule {
  // prom-client's registry is the process's: a second application in it finds the metrics there.
  const isRegistered = register.getSingleMetric('process_cpu_user_seconds_total') !== undefined;
  return PrometheusModule.register({
    controller: MetricsController,
    defaultMetrics: { enabled: !isRegistered },
  });
}
