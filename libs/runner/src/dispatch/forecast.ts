import type { MethodLoad } from './method-load.js';

/** What is in nobody's forecast: the way to the worker, a busy event loop. Late answers help nobody. */
const MARGIN = 0.05;

/** What stands between a call and its answer. */
export interface Outlook {
  readonly load: MethodLoad;
  /** All methods of the runner: their calls wait for the same workers. */
  readonly loads: Iterable<MethodLoad>;
  readonly maxBatchSize: number;
  readonly workers: number;
  /** Until the first worker is free. */
  readonly freeInMs: number;
}

/**
 * When a call of `rows` rows that is queued now would be answered, in milliseconds; undefined while
 * the latency of its method is not known. Batches ahead of it are taken to be full; its own as well,
 * where one waits already, for under overload those that come later share it.
 */
export function forecastMs(rows: number, outlook: Outlook): number | undefined {
  const { load, loads, maxBatchSize, workers, freeInMs } = outlook;
  const full = load.latency.predict(maxBatchSize);
  if (full === undefined) return undefined;
  let aheadMs = Math.floor(load.waitingRows / maxBatchSize) * full;
  for (const other of loads) if (other !== load) aheadMs += workOf(other, maxBatchSize);
  // Where a full batch waits already, calls to come will fill this one's.
  const sharing = load.waitingRows >= maxBatchSize ? maxBatchSize : load.waitingRows + rows;
  const own = load.latency.predict(Math.min(maxBatchSize, sharing)) ?? full;
  const predicted = freeInMs + aheadMs / Math.max(1, workers) + own;
  return predicted * (1 + MARGIN) + 2 * load.latency.error;
}

function workOf(load: MethodLoad, maxBatchSize: number): number {
  if (load.waitingRows === 0) return 0;
  const full = load.latency.predict(maxBatchSize) ?? 0;
  return (load.waitingRows / maxBatchSize) * full;
}
