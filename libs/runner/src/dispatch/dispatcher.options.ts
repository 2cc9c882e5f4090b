import type { Batch } from './batch.js';
import type { Clock } from './clock.js';

export interface DispatcherOptions {
  /** Name of the runner, for messages. */
  readonly runner: string;
  /** Largest batch, in rows. */
  readonly maxBatchSize: number;
  /** How long a call may take when its batch waits for more; 0: batches never wait. */
  readonly maxLatencyMs: number;
  /** Calls that may wait. */
  readonly maxQueue: number;
  /** Deadline of a call, queue and execution together. */
  readonly timeoutMs: number;
  /** A batch that runs for longer ends its target. */
  readonly hangTimeoutMs: number;
  /** Batches that a target is given at a time. */
  readonly inFlight: number;
  readonly clock: Clock;
  readonly onBatch?: (batch: Batch, timing: BatchTiming) => void;
  /** Told once of every call, whether it was answered, failed or refused. */
  readonly onCall?: (call: EndedCall, error: unknown) => void;
}

/** Why a call ended without having been run to its end. */
export type LossReason = 'queue_full' | 'deadline' | 'unavailable' | 'timeout' | 'aborted';

/** A call that ended, in times of the dispatcher's clock. */
export interface EndedCall {
  /** `unknown` where the runner has no such method, or none is known yet: callers name what they like. */
  readonly method: string;
  readonly enqueuedAt: number;
  /** When it was first given to a worker; -1 where it never was. */
  readonly startedAt: number;
  readonly lost: LossReason | undefined;
}

export interface BatchTiming {
  /** When it was given to its target, on the dispatcher's clock. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** What it ended with, undefined where it succeeded. */
  readonly error: unknown;
}
