import { availableCores, threadsPerWorker } from 'bentonest/runner';
import type { RunnerOptions } from 'bentonest/runner';

/** A worker's share of the cores, at the greatest number of workers that there may be. */
export function defaultThreads(
  workers: RunnerOptions['workers'] = 1,
  cores = availableCores(),
): number {
  return threadsPerWorker(cores, typeof workers === 'number' ? workers : workers.max);
}
