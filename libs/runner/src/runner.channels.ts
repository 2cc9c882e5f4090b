import { channel } from 'node:diagnostics_channel';
import { BentoError } from 'bentonest/errors';
import type { Batch } from './dispatch/batch.js';
import { systemClock } from './dispatch/clock.js';
import type { BatchTiming, EndedCall, LossReason } from './dispatch/dispatcher.options.js';
import { isHttpException } from './wire/answer-frame.js';

/** A batch that was run, whether it succeeded or not. */
export interface BatchEvent {
  readonly runner: string;
  readonly method: string;
  readonly calls: number;
  readonly rows: number;
  /** 200, or the status of the error that it ended with; its calls may then be tried singly. */
  readonly statusCode: number;
  /** Time in the worker and on the wire, in milliseconds. */
  readonly runMs: number;
}

/** A call that ended: each is told of once, one that was split over batches or tried again, too. */
export interface CallEvent {
  readonly runner: string;
  /** `unknown` where the runner has no such method, or none is known yet: callers name what they like. */
  readonly method: string;
  /** 200, or the status of the error that its caller got. */
  readonly statusCode: number;
  /** Why it was not run to its end; undefined where it was. */
  readonly lost: LossReason | undefined;
  /** From its arrival to its end, in milliseconds. */
  readonly durationMs: number;
  /** From its arrival until it was first given to a worker; undefined where it never was. */
  readonly queueMs: number | undefined;
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
export const CALL_CHANNEL = 'bentonest:runner:call';
export const WORKER_CHANNEL = 'bentonest:runner:worker';

const batches = channel(BATCH_CHANNEL);
const calls = channel(CALL_CHANNEL);
const workers = channel(WORKER_CHANNEL);

export function publishBatch(runner: string, batch: Batch, timing: BatchTiming): void {
  if (!batches.hasSubscribers) return;
  const event: BatchEvent = {
    runner,
    method: batch.method.name,
    calls: batch.calls.length,
    rows: batch.rows,
    statusCode: statusOf(timing.error),
    runMs: timing.endedAt - timing.startedAt,
  };
  batches.publish(event);
}

export function publishCall(runner: string, call: EndedCall, error: unknown): void {
  if (!calls.hasSubscribers) return;
  const { method, lost, enqueuedAt, startedAt } = call;
  const event: CallEvent = {
    runner,
    method,
    statusCode: statusOf(error),
    lost,
    durationMs: systemClock.now() - enqueuedAt,
    queueMs: startedAt < 0 ? undefined : startedAt - enqueuedAt,
  };
  calls.publish(event);
}

export function publishWorkerEvent(event: WorkerEvent): void {
  if (workers.hasSubscribers) workers.publish(event);
}

function statusOf(error: unknown): number {
  if (error === undefined) return 200;
  if (error instanceof BentoError) return error.statusCode;
  return isHttpException(error) ? error.getStatus() : 500;
}
