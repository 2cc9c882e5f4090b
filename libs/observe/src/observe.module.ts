import { Module } from '@nestjs/common';
import type { DynamicModule, Provider } from '@nestjs/common';
import { HealthController } from './health/health.controller.js';
import { HEALTH_OPTIONS } from './health/health.options.js';
import type { HealthOptions } from './health/health.options.js';
import { ReadinessIndicators } from './health/readiness-indicators.js';
import { Readiness } from './health/readiness.js';
import { RunnerHealthIndicator } from './health/runner-health.indicator.js';
import { MetricsModule } from './metrics/metrics.module.js';
import type { MetricsOptions } from './metrics/metrics.options.js';

/** Options of {@link ObserveModule}. */
export interface ObserveOptions {
  /** Serves `GET /metrics` for Prometheus; `false`: nothing is counted. @default true */
  metrics?: boolean | MetricsOptions;
  /** Serves `GET /livez`, `/readyz` and `/healthz`. @default true */
  health?: boolean | HealthOptions;
}

/** Health endpoints and metrics: subscribers of what serving and runners publish. */
@Module({})
export class ObserveModule {
  /** @throws ServiceConfigurationError for options that are none. */
  static register({ metrics = true, health = true }: ObserveOptions = {}): DynamicModule {
    const options = metrics === true ? {} : metrics;
    return {
      module: ObserveModule,
      imports: options === false ? [] : [MetricsModule.register(options)],
      providers: createHealthProviders(health),
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
