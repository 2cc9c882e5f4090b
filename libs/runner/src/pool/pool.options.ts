import type { ArgumentCheck } from '../dispatch/prepare-call.js';
import type { ResolvedRunnerOptions } from '../runner.options.js';
import type { WorkerState } from './worker-process.js';

/** A worker that is asked to end and does not, because it loads or runs a long call, is killed after this time. */
export const STOP_GRACE_MS = 1_500;

export interface PoolOptions extends Pick<
  ResolvedRunnerOptions,
  'startTimeoutMs' | 'warmup' | 'maxHeapMb' | 'gpus'
> {
  readonly runner: string;
  /** Makes the check of arguments from what the Runnable told about its model. */
  readonly argumentCheck: (metadata: unknown) => ArgumentCheck;
  /** Where other processes call the workers, too. */
  readonly sharing?: PoolSharing | undefined;
}

/** Those in other processes who call the workers of a pool. */
export interface PoolSharing {
  /** Workers came, or are to go: to be told to the others. */
  changed(): void;
  /** Resolves when nobody runs anything in a worker that is to go. */
  released(socketPath: string): Promise<void>;
  /** A worker is gone. */
  gone(socketPath: string): void;
  /** Calls that a worker was given by the others. */
  callsOf(socketPath: string): number;
}

/** What is asked of the workers of a runner at a moment. */
export interface WorkerLoad {
  /** Calls that wait. */
  readonly depth: number;
  /** Workers that run a batch. */
  readonly busy: number;
}

export interface WorkerStatus {
  readonly pid: number | undefined;
  readonly state: WorkerState;
  /** Calls that it was given. */
  readonly calls: number;
}
