import { channel } from 'node:diagnostics_channel';
import type { WorkerRun } from './dispatch/batch.js';
import type { CallOrigin } from './dispatch/call-origin.js';
import type { LossReason } from './dispatch/dispatcher.options.js';

/** A batch that was run, whether it succeeded or not. */
export interface BatchEvent {
  readonly runner: string;
  readonly method: string;
  readonly calls: number;
  readonly rows: number;
  /** 200, or the status of the error that it ended with. */
  readonly statusCode: number;
  /** Time in the worker and on the wire, in milliseconds. */
  readonly runMs: number;
  /** When it ended, on the clock of `performance.now()`. */
  readonly endedAt: number;
  /** Process and own time of the Runnable; undefined for a batch that failed. */
  readonly worker: WorkerRun | undefined;
  /** Of each call, the time from its arrival to the end of the batch, in milliseconds. */
  readonly durationsMs: readonly number[];
  /** Of each call, the request that it was made for; undefined where none has made it. */
  readonly origins: readonly (CallOrigin | undefined)[];
}

/** A call that ended without having been run to its end. */
export interface LostCallEvent {
  readonly runner: string;
  /** Empty where it was not known yet. */
  readonly method: string;
  readonly reason: LossReason;
}

/** A change in the life of a worker process. */
export interface WorkerEvent {
  readonly runner: string;
  readonly pid: number | undefined;
  readonly event: 'spawned' | 'ready' | 'recycled' | 'replacement-failed' | 'died' | 'ended';
  readonly reason?: string;
}

/** Names of the channels on `node:diagnostics_channel`; what nobody subscribes to costs nothing. */
export const BATCH_CHANNEL = 'bentonest:runner:batch';
export const LOST_CALL_CHANNEL = 'bentonest:runner:lost-call';
export const WORKER_CHANNEL = 'bentonest:runner:worker';

const batches = channel(BATCH_CHANNEL);
const lostCalls = channel(LOST_CALL_CHANNEL);
const workers = channel(WORKER_CHANNEL);

export function publishBatchEvent(make: () => BatchEvent): void {
  if (batches.hasSubscribers) batches.publish(make());
}

export function publishLostCall(event: LostCallEvent): void {
  if (lostCalls.hasSubscribers) lostCalls.publish(event);
}

export function publishWorkerEvent(event: WorkerEvent): void {
  if (workers.hasSubscribers) workers.publish(event);
}
