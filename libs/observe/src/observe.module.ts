import { Module } from '@nestjs/common';
import type { DynamicModule, Provider } from '@nestjs/common';
import type { OptionsSource } from 'bentonest/serving';
import { AccessLog } from './access-log/access-log.js';
import { HealthController } from './health/health.controller.js';
import { HEALTH_OPTIONS } from './health/health.options.js';
import type { HealthOptions } from './health/health.options.js';
import { ReadinessIndicators } from './health/readiness-indicators.js';
import { Readiness } from './health/readiness.js';
import { RunnerHealthIndicator } from './health/runner-health.indicator.js';
import { BentoLogger } from './logging/bento-logger.js';
import { LevelSignal } from './logging/level-signal.js';
import { LogLevel } from './logging/log-level.js';
import { LogLevelController } from './logging/log-level.controller.js';
import { HEALTH_PATHS, LOGGING_OPTIONS, resolveLoggingOptions } from './logging/logging.options.js';
import type { LoggingOptions } from './logging/logging.options.js';
import { MetricsModule } from './metrics/metrics.module.js';
import type { MetricsOptions } from './metrics/metrics.options.js';
import { RequestTracing, TRACING_OPTIONS } from './tracing/request-tracing.js';
import { resolveTracingOptions } from './tracing/tracing.options.js';
import type { TracingOptions } from './tracing/tracing.options.js';

/** Options of {@link ObserveModule}. */
export interface ObserveOptions {
  /** Serves `GET /metrics` for Prometheus; `false`: nothing is counted. @default true */
  metrics?: boolean | MetricsOptions;
  /** Serves `GET /livez`, `/readyz` and `/healthz`. @default true */
  health?: boolean | HealthOptions;
  /** The log, and in it a line for each request; `false`: Nest's own log, as it is. @default true */
  logging?: boolean | LoggingOptions;
  /** Spans of requests, batches and mounts by OpenTelemetry; `false`: none. @default {} */
  tracing?: false | TracingOptions;
}

/** Health endpoints, metrics, logs and tracing: subscribers of what serving and runners publish. */
@Module({})
export class ObserveModule {
  /**
   * @param late what the options are when the application is made: all but what decides which
   *   controllers and providers there are, which is `options`' to say.
   * @throws ServiceConfigurationError for options that are none.
   */
  static register(
    options: ObserveOptions = {},
    late: OptionsSource<ObserveOptions> = { useValue: options },
  ): DynamicModule {
    const { health = true, logging = true, tracing = {} } = options;
    const metrics = options.metrics === true ? {} : (options.metrics ?? {});
    // The default of what is neither logged nor traced.
    const own = [...HEALTH_PATHS, ...(metrics === false ? [] : [metrics.path ?? '/metrics'])];
    return {
      module: ObserveModule,
      imports: metrics === false ? [] : [MetricsModule.register(metrics)],
      providers: [
        { provide: OBSERVE_OPTIONS, ...late },
        ...createHealthProviders(health !== false),
        ...(logging === false ? [] : createLoggingProviders(own)),
        ...(tracing === false ? [] : createTracingProviders(own)),
      ],
      controllers: [
        ...(health === false ? [] : [HealthController]),
        ...(logging === false ? [] : [LogLevelController]),
      ],
      exports: [
        ReadinessIndicators,
        RunnerHealthIndicator,
        ...(logging === false ? [] : [BentoLogger, LogLevel]),
      ],
    };
  }
}

/** Provides the {@link ObserveOptions}. */
const OBSERVE_OPTIONS = Symbol('bentonest.observe-options');

/** Indicators can be injected where nothing asks them, too. */
function createHealthProviders(isServed: boolean): Provider[] {
  return [
    optionsOf(HEALTH_OPTIONS, ({ health }): HealthOptions => partOf(health)),
    ReadinessIndicators,
    RunnerHealthIndicator,
    ...(isServed ? [Readiness] : []),
  ];
}

function createLoggingProviders(skipPaths: readonly string[]): Provider[] {
  return [
    optionsOf(LOGGING_OPTIONS, ({ logging }) => resolveLoggingOptions(partOf(logging), skipPaths)),
    LogLevel,
    BentoLogger,
    LevelSignal,
    AccessLog,
  ];
}

function createTracingProviders(excluded: readonly string[]): Provider[] {
  return [
    optionsOf(TRACING_OPTIONS, ({ tracing }) =>
      resolveTracingOptions(partOf(tracing), process.env, excluded),
    ),
    RequestTracing,
  ];
}

function optionsOf(provide: symbol, useFactory: (options: ObserveOptions) => object): Provider {
  return { provide, inject: [OBSERVE_OPTIONS], useFactory };
}

function partOf<Options extends object>(part: boolean | Options | undefined): Options {
  return typeof part === 'object' ? part : ({} as Options);
}
