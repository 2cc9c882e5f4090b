/* oxlint-disable no-restricted-imports -- the one door to what the libs do not export: what is measured here is inner to them */
export { validateByClassValidator, validateDto } from '../../libs/io/src/dto/validate-dto.js';
export type { Batch } from '../../libs/runner/src/dispatch/batch.js';
export type { Clock } from '../../libs/runner/src/dispatch/clock.js';
export { systemClock } from '../../libs/runner/src/dispatch/clock.js';
export { Dispatcher } from '../../libs/runner/src/dispatch/dispatcher.js';
export type { BatchTarget } from '../../libs/runner/src/dispatch/target-slots.js';
export { WorkerLink } from '../../libs/runner/src/transport/worker-link.js';
export type { InitMessage, MessageFromWorker } from '../../libs/runner/src/worker/messages.js';
