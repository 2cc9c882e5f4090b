import type { MethodLoad } from './method-load.js';

/** What is in nobody's forecast: the way to the worker, a busy event loop. Late answers help nobody. */
const MARGIN = 0.05;

/** What stands between a call and its answer. */
export interface Outlook {
  readonly load: MethodLoad;
  /** All methods of the runner: their calls wait for the same workers. */
  readonly loads: Iterable<MethodLoad>;
  /** Rows of a method that are served before the call. */
  readonly rowsAhead: (load: MethodLoad) => number;
  readonly maxBatchSize: number;
  readonly workers: number;
  /** Until the first worker is free. */
  readonly freeInMs: number;
}

/**
 * When a call of `rows` rows that is queued now would be answered, in milliseconds; undefined while
 * the latency of its method is not known. Batches ahead of it are taken to be full; its own as well,
 * where one waits already, for under overload those that come later share it. Of a call that is split,
 * all batches but the last are ahead of the last.
 */
export function forecastMs(rows: number, outlook: Outlook): number | undefined {
  const { load, loads, rowsAhead, maxBatchSize, workers, freeInMs } = outlook;
  const full = load.latency.predict(maxBatchSize);
  if (full === undefined) return undefined;
  const waiting = rowsAhead(load);
  const ownAhead = Math.max(0, Math.ceil(rows / maxBatchSize) - 1);
  let aheadMs = (Math.floor(waiting / maxBatchSize) + ownAhead) * full;
  for (const other of loads) {
    if (other !== load) aheadMs += workOf(other, rowsAhead(other) / maxBatchSize, maxBatchSize);
  }
  // Where a full batch waits already, calls to come will fill this one's.
  const sharing = waiting >= maxBatchSize ? maxBatchSize : waiting + rows;
  const own = load.latency.predict(Math.min(maxBatchSize, sharing)) ?? full;
  const predicted = freeInMs + aheadMs / Math.max(1, workers) + own;
  return predicted * (1 + MARGIN) + 2 * load.latency.error;
}

function workOf(load: MethodLoad, batches: number, maxBatchSize: number): number {
  return batches === 0 ? 0 : batches * (load.latency.predict(maxBatchSize) ?? 0);
}
