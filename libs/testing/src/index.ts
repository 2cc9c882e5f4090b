export { createStandIn, overrideRunner } from './override-runner.js';
export type { OverridableModule, RunnerOverride } from './override-runner.js';
