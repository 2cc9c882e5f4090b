export { HealthController } from './health/health.controller.js';
export type { MetricsOptions } from './metrics/metrics.options.js';
export { MetricsCollector } from './metrics/sharing/metrics-collector.js';
export { METRICS_SHARING, MetricsMember } from './metrics/sharing/metrics-member.js';
export type { CollectorChannel, MemberChannel } from './metrics/sharing/metrics.messages.js';
export { MetricsUnavailableError } from './observe.errors.js';
export { ObserveModule } from './observe.module.js';
export type { ObserveOptions } from './observe.module.js';
