import type { MethodDescription } from '../wire/frame.js';
import type { CallOrigin } from './call-origin.js';
import type { CallScope } from './call-scope.js';
import type { EndedCall, LossReason } from './dispatcher.options.js';
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

/** Where a call is queued. */
export interface WaitingRows {
  rows: number;
}

const NO_PARTS: readonly QueuedCall[] = [];

/** One call on its way. It settles once, whatever happens first. */
export class Call implements EndedCall {
  state: 'new' | 'waiting' | 'running' | 'settled' = 'new';
  priority = 0;
  /** A batch with this call failed: it is tried once more, by itself. */
  alone = false;
  /** The pieces of a call that is larger than a batch. */
  parts = NO_PARTS;
  /** Those of them that wait. */
  waitingParts = 0;
  /** Of a piece: the call that it is of. */
  whole: Call | undefined;
  rows = 0;
  queue: WaitingRows | undefined;
  batch: RunningBatch | undefined;
  /** The first one that it was in. */
  private firstBatch: RunningBatch | undefined;
  lost: LossReason | undefined;
  scope: CallScope | undefined;
  /** The request that it is for, where it was made in the scope of one. */
  origin: CallOrigin | undefined;
  onSettled: (() => void) | undefined;
  onEnd: ((call: EndedCall, error: unknown) => void) | undefined;

  constructor(
    /** What its method has to do: where it counts. */
    public load: MethodLoad,
    readonly enqueuedAt: number,
    readonly timeoutMs: number,
    private readonly settle: Settle,
  ) {}

  get method(): string {
    return this.load.name;
  }

  get startedAt(): number {
    return this.firstBatch?.startedAt ?? -1;
  }

  get deadline(): number {
    return this.enqueuedAt + this.timeoutMs;
  }

  get isSettled(): boolean {
    return this.state === 'settled';
  }

  /** Its batch is given to a worker. */
  begin(run: RunningBatch): void {
    this.state = 'running';
    this.batch = run;
    this.firstBatch ??= run;
    if (this.whole !== undefined) this.whole.firstBatch ??= run;
  }

  resolve(value: unknown): void {
    if (this.end(undefined)) this.settle.resolve(value);
  }

  reject(error: unknown): void {
    if (this.end(error)) this.settle.reject(error);
  }

  private end(error: unknown): boolean {
    if (this.isSettled) return false;
    this.state = 'settled';
    this.scope?.delete(this);
    this.onSettled?.();
    this.onEnd?.(this, error);
    return true;
  }
}

/** A call that came before the first worker told which methods there are. */
export interface EarlyCall {
  readonly call: Call;
  readonly methodName: string;
  readonly args: readonly unknown[];
}

/** A call and what it became in validation. */
export interface QueuedCall {
  readonly call: Call;
  readonly prepared: PreparedCall;
}
