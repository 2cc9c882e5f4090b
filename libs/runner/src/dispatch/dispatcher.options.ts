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
  readonly onLost?: (method: string, reason: LossReason) => void;
}

/** Why a call ended without having been run to its end. */
export type LossReason = 'queue_full' | 'deadline' | 'unavailable' | 'timeout' | 'aborted';

export interface BatchTiming {
  /** When it was given to its target, on the dispatcher's clock. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** What it ended with, undefined where it succeeded. */
  readonly error: unknown;
}
