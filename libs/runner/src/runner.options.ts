import { RunnerOptionsError } from './runner.errors.js';

/** Options that every kind of runner has. */
export interface RunnerOptions {
  /**
   * Worker processes, each with its own copy of the model.
   *
   * @default 1
   */
  workers?: number;
  /**
   * Runs the Runnable in the API process, without workers: an inference blocks its event loop and a
   * native crash ends it. For tests and the smallest of deployments. Calls are batched all the same.
   *
   * @default false
   */
  embedded?: boolean;
  /**
   * Largest batch, in rows along the batch dimension. A call with more rows is split and joined again.
   *
   * @default 128
   */
  maxBatchSize?: number;
  /**
   * Calls that may wait; those beyond are refused with 503 and Retry-After.
   *
   * @default 2048
   */
  maxQueue?: number;
  /**
   * Deadline of a call, for queue and execution together, in milliseconds.
   *
   * @default 60000
   */
  timeoutMs?: number;
  /**
   * Time that a worker may take to load its model, in milliseconds.
   *
   * @default 300000
   */
  startTimeoutMs?: number;
}

export type ResolvedRunnerOptions = Readonly<Required<RunnerOptions>>;

/**
 * Fills in the defaults.
 *
 * @throws RunnerOptionsError naming the option, for a number that is not a positive integer.
 */
export function resolveRunnerOptions(name: string, options: RunnerOptions): ResolvedRunnerOptions {
  const resolved = {
    workers: options.workers ?? 1,
    embedded: options.embedded ?? false,
    maxBatchSize: options.maxBatchSize ?? 128,
    maxQueue: options.maxQueue ?? 2048,
    timeoutMs: options.timeoutMs ?? 60_000,
    startTimeoutMs: options.startTimeoutMs ?? 300_000,
  };
  for (const [option, value] of Object.entries(resolved)) {
    if (typeof value === 'boolean' || (Number.isInteger(value) && value > 0)) continue;
    throw new RunnerOptionsError(
      `Option ${option} of runner "${name}" must be a positive integer, got ${String(value)}.`,
      { details: { runner: name, option } },
    );
  }
  return resolved;
}
