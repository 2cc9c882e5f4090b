import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { ArgumentCheck } from '../dispatch/prepare-call.js';
import type { WorkerStatus } from '../pool/pool.options.js';
import { RunnerOptionsError } from '../runner.errors.js';
import type { ResolvedRunnerOptions } from '../runner.options.js';
import type { RunnableSource } from '../worker/load-runnable.js';

/** What runs the calls of a runner in this process's charge: workers, or the Runnable itself. */
export interface RunnerBackend {
  /** Why it serves no longer. */
  readonly failure: Error | undefined;
  readonly isReady: boolean;
  readonly workers: readonly WorkerStatus[];
  readonly restarts: number;
  /** @throws RunnerStartError when the model does not load. */
  start(source: RunnableSource): Promise<void>;
  /** @throws RunnerStartError when `source` does not load: what served before goes on serving. */
  reload(source: RunnableSource): Promise<void>;
  /** @throws RunnerOptionsError for a number of workers that it cannot have. */
  checkScale(workers: number): void;
  /** @throws RunnerStartError when a new worker does not load. */
  scale(workers: number): Promise<void>;
  /** Whether something that was started since `at` has loaded `source`. */
  hasLoaded(source: RunnableSource | undefined, at: number): boolean;
  stop(): Promise<void>;
}

/** What a backend is made with. */
export interface BackendOptions {
  readonly runner: string;
  readonly options: ResolvedRunnerOptions;
  readonly dispatcher: Dispatcher;
  readonly argumentCheck: (metadata: unknown) => ArgumentCheck;
}

export function refuseScale(runner: string, why: string): RunnerOptionsError {
  return new RunnerOptionsError(
    `Runner "${runner}" can be scaled to a positive number of workers; ${why}.`,
  );
}
