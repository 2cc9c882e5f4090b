import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { register } from 'prom-client';
import { MetricsLifeCycle } from './metrics-life-cycle.js';
import { createMetricsController } from './metrics.controller.js';
import { resolveMetricsOptions } from './metrics.options.js';
import type { MetricsOptions } from './metrics.options.js';
import { requestMetricProviders } from './request-metrics.js';
import { runnerMetricProviders } from './runner-metric.providers.js';

/** Metrics of requests and runners, and the endpoint for Prometheus. */
@Module({})
export class MetricsModule {
  /** @throws ServiceConfigurationError for options that are none. */
  static register(options: MetricsOptions = {}): DynamicModule {
    const resolved = resolveMetricsOptions(options);
    // prom-client's registry is the process's: a second application in it finds the metrics there.
    const isRegistered = register.getSingleMetric('process_cpu_user_seconds_total') !== undefined;
    const prometheus = PrometheusModule.register({
      path: resolved.path,
      controller: createMetricsController(),
      defaultMetrics: { enabled: resolved.defaultMetrics && !isRegistered },
    });
    return {
      module: MetricsModule,
      imports: [prometheus],
      providers: [
        ...requestMetricProviders(resolved),
        ...runnerMetricProviders(resolved),
        MetricsLifeCycle,
      ],
    };
  }
}
