export { HealthController } from './health/health.controller.js';
export { ObserveModule } from './observe.module.js';
export type { ObserveOptions } from './observe.module.js';
export type { OtlpOptions, TracingOptions } from './tracing/tracing.options.js';
