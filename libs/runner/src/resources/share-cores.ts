import type { RunnerOptions } from '../runner.options.js';
import { availableCores } from './available-cores.js';
import { threadsPerWorker } from './threads-per-worker.js';

/** What a runner was told of its workers. */
export interface CoreShareOptions extends Pick<RunnerOptions, 'workers' | 'gpus'> {
  /** Threads that one call uses in its worker. */
  readonly threads?: number | undefined;
}

/** What it then has. */
export interface CoreShare {
  readonly workers: NonNullable<RunnerOptions['workers']>;
  readonly threads: number;
}

/** Each worker has the model in memory: more than this many are to be asked for. */
const MAX_DEFAULT_WORKERS = 4;

/**
 * The workers of a runner and the threads of each, where not both are given: together they fill the
 * container's cores but one, which is the API process's own. Given `threads`, there are as many workers
 * as have room, at most 4; with `gpus`, one for each; given neither, one worker has all threads.
 */
export function shareCores(options: CoreShareOptions, cores = availableCores()): CoreShare {
  const workers = options.workers ?? defaultWorkers(options, cores);
  const most = typeof workers === 'number' ? workers : workers.max;
  return { workers, threads: options.threads ?? threadsPerWorker(cores, most) };
}

function defaultWorkers({ threads, gpus = [] }: CoreShareOptions, cores: number): number {
  if (gpus.length > 0) return gpus.length;
  if (threads === undefined) return 1;
  // What is no number of threads is refused by whoever sets them.
  const fitting = Math.floor((cores - 1) / threads) || 1;
  return Math.max(1, Math.min(MAX_DEFAULT_WORKERS, fitting));
}
