/**
 * Threads that each of `workers` processes may use, so that together they fill the cores but one,
 * which is the API process's own. At least 1.
 */
export function threadsPerWorker(cores: number, workers: number): number {
  return Math.max(1, Math.floor((cores - 1) / workers));
}
