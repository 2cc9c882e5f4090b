import { Module } from '@nestjs/common';
import type { DynamicModule, Provider } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { register } from 'prom-client';
import { HealthController } from './health/health.controller.js';
import { HEALTH_OPTIONS } from './health/health.options.js';
import type { HealthOptions } from './health/health.options.js';
import { ReadinessIndicators } from './health/readiness-indicators.js';
import { Readiness } from './health/readiness.js';
import { RunnerHealthIndicator } from './health/runner-health.indicator.js';
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
  health?: boolean | HealthOptions;
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
      providers: [...createHealthProviders(health), ...(metrics ? METRICS : [])],
      controllers: health === false ? [] : [HealthController],
      exports: [ReadinessIndicators, RunnerHealthIndicator],
    };
  }
}

/** Indicators can be injected where nothing asks them, too. */
function createHealthProviders(health: boolean | HealthOptions): Provider[] {
  const options = typeof health === 'boolean' ? {} : health;
  return [
    { provide: HEALTH_OPTIONS, useValue: options },
    ReadinessIndicators,
    RunnerHealthIndicator,
    ...(health === false ? [] : [Readiness]),
  ];
}

function createPrometheusModule(): DynamicModule {
  // prom-client's registry is the process's: a second application in it finds the metrics there.
  const isRegistered = register.getSingleMetric('process_cpu_user_seconds_total') !== undefined;
  return PrometheusModule.register({
    controller: MetricsController,
    defaultMetrics: { enabled: !isRegistered },
  });
}
