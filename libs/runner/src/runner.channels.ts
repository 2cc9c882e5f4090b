import { channel } from 'node:diagnostics_channel';
import { BentoError } from 'bentonest/errors';
import type { Batch, WorkerRun } from './dispatch/batch.js';
import type { CallOrigin } from './dispatch/call-origin.js';
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
  /** When it ended, on the clock of `performance.now()`. */
  readonly endedAt: number;
  /** Process and own time of the Runnable; undefined for a batch that failed. */
  readonly worker: WorkerRun | undefined;
  /** Of each call, the time from its arrival to the end of the batch, in milliseconds. */
  readonly durationsMs: readonly number[];
  /** Of each call, the request that it was made for; undefined where none has made it. */
  readonly origins: readonly (CallOrigin | undefined)[];
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
  if (batches.hasSubscribers) batches.publish(new RunBatch(runner, batch, timing));
}

/** The lists of its calls are made for those who ask for them. */
class RunBatch implements BatchEvent {
  readonly method: string;
  readonly calls: number;
  readonly rows: number;
  readonly statusCode: number;
  readonly runMs: number;
  readonly endedAt: number;

  constructor(
    readonly runner: string,
    private readonly batch: Batch,
    { startedAt, endedAt, error }: BatchTiming,
  ) {
    this.method = batch.method.name;
    this.calls = batch.calls.length;
    this.rows = batch.rows;
    this.statusCode = statusOf(error);
    this.runMs = endedAt - startedAt;
    this.endedAt = endedAt;
  }

  get worker(): WorkerRun | undefined {
    return this.batch.worker;
  }

  get durationsMs(): readonly number[] {
    return this.batch.calls.map(({ call }) => this.endedAt - call.enqueuedAt);
  }

  get origins(): readonly (CallOrigin | undefined)[] {
    return this.batch.calls.map(({ call }) => call.origin);
  }
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
