import { batchKeyOf, isAlike } from './batch-key.js';
import type { PreparedCall, QueuedCall } from './call.js';
import { Fifo } from './fifo.js';

/**
 * The calls that wait, one queue per batch key, so that calls with other shapes or dtypes never share
 * a batch and never block each other. The queue whose first call has waited longest is served next.
 */
export class CallQueues {
  private readonly queues = new Map<string, Fifo<QueuedCall>>();
  private readonly retries = new Fifo<QueuedCall>();

  /** Most calls are like the one before: they need no key. */
  private lastPushed: { call: PreparedCall; queue: Fifo<QueuedCall> } | undefined;

  constructor(private readonly maxBatchRows: number) {}

  push(queued: QueuedCall): void {
    if (queued.call.alone) {
      this.retries.push(queued);
      return;
    }
    const last = this.lastPushed;
    const queue =
      last !== undefined && isAlike(last.call, queued.prepared)
        ? last.queue
        : this.queueFor(queued.prepared);
    queue.push(queued);
    this.lastPushed = { call: queued.prepared, queue };
  }

  /** The calls of the next batch, at most `maxBatchRows` rows together; empty when none wait. */
  take(): QueuedCall[] {
    const retry = nextWaiting(this.retries);
    if (retry !== undefined) return [retry];
    const queue = this.oldest();
    if (queue === undefined) return [];
    const calls: QueuedCall[] = [];
    let rows = 0;
    for (let next = peekWaiting(queue); next !== undefined; next = peekWaiting(queue)) {
      rows += next.prepared.rows;
      if (calls.length > 0 && rows > this.maxBatchRows) break;
      queue.shift();
      calls.push(next);
      if (!next.prepared.method.batchable) break;
    }
    return calls;
  }

  *[Symbol.iterator](): IterableIterator<QueuedCall> {
    yield* this.retries;
    for (const queue of this.queues.values()) yield* queue;
  }

  clear(): void {
    this.queues.clear();
    this.lastPushed = undefined;
    while (this.retries.shift() !== undefined);
  }

  private queueFor(prepared: PreparedCall): Fifo<QueuedCall> {
    const key = batchKeyOf(prepared);
    let queue = this.queues.get(key);
    if (queue === undefined) this.queues.set(key, (queue = new Fifo()));
    return queue;
  }

  private oldest(): Fifo<QueuedCall> | undefined {
    let oldest: Fifo<QueuedCall> | undefined;
    let since = Infinity;
    for (const [key, queue] of this.queues) {
      const first = peekWaiting(queue);
      if (first === undefined) {
        this.queues.delete(key);
        if (this.lastPushed?.queue === queue) this.lastPushed = undefined;
      } else if (first.call.enqueuedAt < since) {
        since = first.call.enqueuedAt;
        oldest = queue;
      }
    }
    return oldest;
  }
}

/** The first call that still waits; those that were aborted or timed out are dropped on the way. */
function peekWaiting(queue: Fifo<QueuedCall>): QueuedCall | undefined {
  let first = queue.peek();
  while (first?.call.isSettled) {
    queue.shift();
    first = queue.peek();
  }
  return first;
}

function nextWaiting(queue: Fifo<QueuedCall>): QueuedCall | undefined {
  const first = peekWaiting(queue);
  queue.shift();
  return first;
}
