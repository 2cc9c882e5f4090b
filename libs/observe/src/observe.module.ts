import { Module } from '@nestjs/common';
import type { DynamicModule, Provider } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { register } from 'prom-client';
import { AccessLog } from './access-log/access-log.js';
import { HealthController } from './health/health.controller.js';
import { BentoLogger } from './logging/bento-logger.js';
import { LevelSignal } from './logging/level-signal.js';
import { LogLevel } from './logging/log-level.js';
import { HEALTH_PATHS, LOGGING_OPTIONS, resolveLoggingOptions } from './logging/logging.options.js';
import type { LoggingOptions } from './logging/logging.options.js';
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
  /** The log, and in it a line for each request; `false`: Nest's own log, as it is. @default true */
  logging?: boolean | LoggingOptions;
}

const METRICS = [
  ...requestMetricProviders,
  RequestMetrics,
  ...runnerMetricProviders,
  RunnerMetrics,
  RunnerGauges,
];

/** Health endpoints, metrics and logs: subscribers of what serving and runners publish. */
@Module({})
export class ObserveModule {
  static register(options: ObserveOptions = {}): DynamicModule {
    const { metrics = true, health = true, logging = true } = options;
    return {
      module: ObserveModule,
      imports: metrics ? [createPrometheusModule()] : [],
      providers: [
        ...(metrics ? METRICS : []),
        ...(logging === false ? [] : loggingProviders(logging === true ? {} : logging)),
      ],
      exports: logging === false ? [] : [BentoLogger, LogLevel],
      controllers: health ? [HealthController] : [],
    };
  }
}

function loggingProviders(logging: LoggingOptions): Provider[] {
  const options = resolveLoggingOptions(logging, [...HEALTH_PATHS, '/metrics']);
  return [
    { provide: LOGGING_OPTIONS, useValue: options },
    LogLevel,
    BentoLogger,
    LevelSignal,
    AccessLog,
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
