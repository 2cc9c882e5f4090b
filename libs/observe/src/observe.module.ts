import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { HealthController } from './health/health.controller.js';
import { MetricsModule } from './metrics/metrics.module.js';
import type { MetricsOptions } from './metrics/metrics.options.js';

/** Options of {@link ObserveModule}. */
export interface ObserveOptions {
  /** Serves `GET /metrics` for Prometheus; `false`: nothing is counted. @default true */
  metrics?: boolean | MetricsOptions;
  /** Serves `GET /livez`, `/readyz` and `/healthz`. @default true */
  health?: boolean;
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
      controllers: health ? [HealthController] : [],
    };
  }
}
