import type { MethodDescription } from '../wire/frame.js';
import type { CallOrigin } from './call-origin.js';
import type { CallScope } from './call-scope.js';
import type { MethodLoad } from './method-load.js';
import type { RunningBatch } from './target-slots.js';

/** What a caller may say beside the arguments. */
export interface CallOptions {
  /** Aborts the call: one that is still queued is never executed. */
  signal?: AbortSignal;
  /** Deadline for queue and execution together, in milliseconds, instead of the runner's own. */
  timeoutMs?: number;
  /**
   * Calls of a higher priority are taken first; among equals it is first in, first out. A number.
   *
   * @default 0
   */
  priority?: number;
}

/** A call after validation: what it needs to be put into a batch. */
export interface PreparedCall {
  readonly method: MethodDescription;
  readonly args: readonly unknown[];
  /** Rows along the batch dimension; 1 where the method is not batchable. */
  readonly rows: number;
}

interface Settle {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** One call on its way. It settles once, whatever happens first. */
export class Call {
  state: 'waiting' | 'running' | 'settled' = 'waiting';
  priority = 0;
  /** A batch with this call failed: it is tried once more, by itself. */
  alone = false;
  /** The pieces of a call that is larger than a batch. */
  parts: readonly QueuedCall[] = [];
  /** Where it counts as waiting, once it was accepted. */
  load: MethodLoad | undefined;
  rows = 0;
  batch: RunningBatch | undefined;
  scope: CallScope | undefined;
  /** The request that it is for, where it was made in the scope of one. */
  origin: CallOrigin | undefined;
  onSettled: (() => void) | undefined;

  constructor(
    readonly enqueuedAt: number,
    readonly timeoutMs: number,
    private readonly settle: Settle,
  ) {}

  get deadline(): number {
    return this.enqueuedAt + this.timeoutMs;
  }

  get isSettled(): boolean {
    return this.state === 'settled';
  }

  resolve(value: unknown): void {
    if (this.end()) this.settle.resolve(value);
  }

  reject(error: unknown): void {
    if (this.end()) this.settle.reject(error);
  }

  private end(): boolean {
    if (this.isSettled) return false;
    this.state = 'settled';
    this.scope?.delete(this);
    this.onSettled?.();
    return true;
  }
}

/** A call and what it became in validation. */
export interface QueuedCall {
  readonly call: Call;
  readonly prepared: PreparedCall;
}
