import { channel } from 'node:diagnostics_channel';

/** A batch that was run, whether it succeeded or not. */
export interface BatchEvent {
  readonly runner: string;
  readonly method: string;
  readonly calls: number;
  readonly rows: number;
  /** Time that its first call waited, in milliseconds. */
  readonly queueMs: number;
  /** Time in the worker and on the wire, in milliseconds. */
  readonly runMs: number;
  readonly ok: boolean;
}

/** A change in the life of a worker process. */
export interface WorkerEvent {
  readonly runner: string;
  readonly pid: number | undefined;
  readonly event: 'spawned' | 'ready' | 'died';
  readonly reason?: string;
}

/** Names of the channels on `node:diagnostics_channel`; what nobody subscribes to costs nothing. */
export const BATCH_CHANNEL = 'bentonest:runner:batch';
export const WORKER_CHANNEL = 'bentonest:runner:worker';

const batches = channel(BATCH_CHANNEL);
const workers = channel(WORKER_CHANNEL);

export function publishBatchEvent(make: () => BatchEvent): void {
  if (batches.hasSubscribers) batches.publish(make());
}

export function publishWorkerEvent(event: WorkerEvent): void {
  if (workers.hasSubscribers) workers.publish(event);
}
