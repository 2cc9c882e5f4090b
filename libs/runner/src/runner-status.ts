import { BentoError } from 'bentonest/errors';
import type { MethodStatus } from './dispatch/method-loads.js';
import type { WorkerStatus } from './pool/pool.options.js';
import { RunnerUnavailableError } from './runner.errors.js';
import type { RunnerState } from './runner.js';

export interface RunnerStatus {
  readonly name: string;
  readonly state: RunnerState;
  /** Why it is failed, in words that may be shown. */
  readonly reason?: string;
  /** Why the last `reload` left the old workers serving. */
  readonly reloadFailure?: string;
  readonly workers: readonly WorkerStatus[];
  /** Workers that died and were replaced. */
  readonly restarts: number;
  /** Calls that wait for a worker. */
  readonly waiting: number;
  /** Calls that wait or run. */
  readonly pending: number;
  /** Of each method that was called. */
  readonly methods: readonly MethodStatus[];
}

/** What may be shown: of errors that are not ours, that there was one. */
export function describeFailure(error: Error): string {
  const { cause } = error;
  if (error instanceof RunnerUnavailableError && cause instanceof BentoError) return cause.message;
  return error instanceof BentoError ? error.message : 'it could not be loaded';
}
