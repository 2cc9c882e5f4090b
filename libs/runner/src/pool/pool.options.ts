import type { ArgumentCheck } from '../dispatch/prepare-call.js';
import type { ResolvedRunnerOptions } from '../runner.options.js';
import type { WorkerState } from './worker-process.js';

export interface PoolOptions extends Pick<
  ResolvedRunnerOptions,
  'startTimeoutMs' | 'warmup' | 'maxHeapMb' | 'gpus'
> {
  readonly runner: string;
  /** Makes the check of arguments from what the Runnable told about its model. */
  readonly argumentCheck: (metadata: unknown) => ArgumentCheck;
}

export interface WorkerStatus {
  readonly pid: number | undefined;
  readonly state: WorkerState;
  /** Calls that it was given. */
  readonly calls: number;
}
