export { HealthController } from './health/health.controller.js';
export type { HealthOptions } from './health/health.options.js';
export { ReadinessIndicators } from './health/readiness-indicators.js';
export type { ReadinessIndicator } from './health/readiness-indicators.js';
export { RunnerHealthIndicator } from './health/runner-health.indicator.js';
export { ObserveModule } from './observe.module.js';
export type { ObserveOptions } from './observe.module.js';
