import { batchKeyOf, isAlike } from './batch-key.js';
import type { Call, PreparedCall, QueuedCall } from './call.js';
import { Fifo } from './fifo.js';
import type { MethodLoad } from './method-load.js';

/** Up to here levels are kept when they are empty, for their calls come again. */
const SPARE_LEVELS = 16;

/** Calls of one batch key and priority, in the order in which they came. */
export interface KeyQueue {
  readonly key: string;
  readonly load: MethodLoad;
  readonly calls: Fifo<QueuedCall>;
  /** Rows that wait here. */
  rows: number;
}

/** What `take` is told: a queue that may not go yet is passed over. */
export type MayGo = (queue: KeyQueue, first: QueuedCall) => boolean;

/** The calls of one priority, one queue per batch key. */
class PriorityLevel {
  readonly queues = new Map<string, KeyQueue>();
  /** Most calls are like the one before: they need no key. */
  private lastPushed: { call: PreparedCall; queue: KeyQueue } | undefined;

  constructor(readonly priority: number) {}

  push(queued: QueuedCall): void {
    const { prepared } = queued;
    const last = this.lastPushed;
    const queue =
      last !== undefined && isAlike(last.call, prepared) ? last.queue : this.queueFor(queued);
    queue.calls.push(queued);
    queue.rows += prepared.rows;
    queued.call.queue = queue;
    this.lastPushed = { call: prepared, queue };
  }

  /** The queue whose first call has waited longest, of those that may go. */
  oldest(mayGo: MayGo): KeyQueue | undefined {
    let oldest: KeyQueue | undefined;
    let since = Infinity;
    for (const queue of this.queues.values()) {
      const first = peekWaiting(queue);
      if (first === undefined) {
        this.dropUnlessLast(queue);
      } else if (first.call.enqueuedAt < since && mayGo(queue, first)) {
        since = first.call.enqueuedAt;
        oldest = queue;
      }
    }
    return oldest;
  }

  /** The call that came last. */
  get last(): Call | undefined {
    let last: Call | undefined;
    for (const { calls } of this.queues.values()) {
      while (calls.peekLast()?.call.isSettled) calls.pop();
      const { call } = calls.peekLast() ?? {};
      if (call !== undefined && call.enqueuedAt >= (last?.enqueuedAt ?? 0)) last = call;
    }
    return last;
  }

  clear(): void {
    this.queues.clear();
    this.lastPushed = undefined;
  }

  private queueFor({ call, prepared }: QueuedCall): KeyQueue {
    const key = batchKeyOf(prepared);
    let queue = this.queues.get(key);
    if (queue === undefined) {
      queue = { key, load: call.load, calls: new Fifo(), rows: 0 };
      this.queues.set(key, queue);
    }
    return queue;
  }

  /** The one that was used last is kept when it is empty: the next call is most likely its own. */
  private dropUnlessLast(queue: KeyQueue): void {
    if (this.lastPushed?.queue !== queue) this.queues.delete(queue.key);
  }
}

/**
 * The calls that wait, one queue per priority and batch key, so that calls with other shapes or
 * dtypes never share a batch and never block each other. Of the highest priority, the queue whose
 * first call has waited longest is served next; room that is left goes to like calls of lower ones.
 */
export class CallQueues {
  /** Highest first; most runners have one. */
  private levels: PriorityLevel[] = [];
  private readonly retries = new Fifo<QueuedCall>();

  constructor(private readonly maxBatchRows: number) {}

  push(queued: QueuedCall): void {
    if (!queued.call.alone) {
      this.levelFor(queued.call.priority).push(queued);
      return;
    }
    queued.call.queue = undefined;
    this.retries.push(queued);
  }

  /** A call that waits here is given up: it stays until its turn comes, and has no rows any more. */
  giveUp({ queue, rows }: Call): void {
    if (queue !== undefined) queue.rows -= rows;
  }

  /** Whether calls of a lower priority wait. */
  hasBelow(priority: number): boolean {
    return this.lastBelow(priority) !== undefined;
  }

  /** Of the calls with a lower priority, the one that would be served last. */
  lastBelow(priority: number): Call | undefined {
    for (let i = this.levels.length - 1; i >= 0; i--) {
      const level = this.levels[i];
      if (level.priority >= priority) return undefined;
      const { last } = level;
      if (last !== undefined) return last;
    }
    return undefined;
  }

  /** Rows of a method that are served before a new call of this priority. */
  rowsFrom(priority: number, load: MethodLoad): number {
    let rows = 0;
    for (const { call } of this.retries)
      if (call.load === load && !call.isSettled) rows += call.rows;
    for (const level of this.levels) {
      if (level.priority < priority) return rows;
      for (const queue of level.queues.values()) if (queue.load === load) rows += queue.rows;
    }
    return rows;
  }

  /** The calls of the next batch, at most `maxBatchRows` rows together; empty when none may go. */
  take(mayGo: MayGo): QueuedCall[] {
    const retry = nextRetry(this.retries);
    if (retry !== undefined) return [retry];
    for (const [index, level] of this.levels.entries()) {
      const queue = level.oldest(mayGo);
      if (queue !== undefined) return this.fill(queue, index);
    }
    return [];
  }

  *[Symbol.iterator](): IterableIterator<QueuedCall> {
    yield* this.retries;
    for (const { queues } of this.levels) for (const { calls } of queues.values()) yield* calls;
  }

  clear(): void {
    for (const level of this.levels) level.clear();
    while (this.retries.shift() !== undefined);
  }

  private levelFor(priority: number): PriorityLevel {
    const [only] = this.levels;
    if (only?.priority === priority) return only;
    const known = this.levels.find((level) => level.priority === priority);
    if (known !== undefined) return known;
    const level = new PriorityLevel(priority);
    const kept =
      this.levels.length < SPARE_LEVELS
        ? this.levels
        : this.levels.filter(({ last }) => last !== undefined);
    this.levels = [...kept, level].toSorted((a, b) => b.priority - a.priority);
    return level;
  }

  private fill(queue: KeyQueue, index: number): QueuedCall[] {
    const calls: QueuedCall[] = [];
    let room = this.takeFrom(queue, this.maxBatchRows, calls);
    for (const lower of this.levels.slice(index + 1)) {
      const alike = lower.queues.get(queue.key);
      if (alike !== undefined && room > 0) room = this.takeFrom(alike, room, calls);
    }
    return calls;
  }

  /** Moves calls that fit into `room` rows, in order, and returns the room that is left. */
  private takeFrom(queue: KeyQueue, room: number, calls: QueuedCall[]): number {
    let left = room;
    for (let next = peekWaiting(queue); next !== undefined; next = peekWaiting(queue)) {
      const { rows, method } = next.prepared;
      if (calls.length > 0 && rows > left) return 0;
      shift(queue);
      calls.push(next);
      left -= rows;
      if (!method.batchable) return 0;
    }
    return left;
  }
}

function shift(queue: KeyQueue): void {
  const first = queue.calls.shift();
  if (first === undefined) return;
  if (!first.call.isSettled) queue.rows -= first.prepared.rows;
  first.call.queue = undefined;
}

/** The first call that still waits; those that were aborted or timed out are dropped on the way. */
function peekWaiting(queue: KeyQueue): QueuedCall | undefined {
  let first = queue.calls.peek();
  while (first?.call.isSettled) {
    shift(queue);
    first = queue.calls.peek();
  }
  return first;
}

function nextRetry(retries: Fifo<QueuedCall>): QueuedCall | undefined {
  let next = retries.shift();
  while (next?.call.isSettled) next = retries.shift();
  return next;
}
