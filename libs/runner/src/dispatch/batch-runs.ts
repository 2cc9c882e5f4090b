import { RunnerWorkerLostError } from '../runner.errors.js';
import { splitResult } from './batch.js';
import type { Batch } from './batch.js';
import type { Call, QueuedCall } from './call.js';
import type { DispatcherOptions } from './dispatcher.options.js';
import type { MethodLoads } from './method-loads.js';
import { TargetSlots } from './target-slots.js';
import type { BatchTarget, RunningBatch, TargetSlot } from './target-slots.js';

/** What the runs need of the dispatcher. */
export interface RunContext {
  readonly loads: MethodLoads;
  /** A target has room again. */
  pump(): void;
  /** Queues a call anew, alone. */
  retry(queued: QueuedCall): void;
  /** A batch has ended, whatever came of it. */
  ended(): void;
}

/** Gives batches to targets and settles their calls when they end. */
export class BatchRuns {
  private readonly slots: TargetSlots;
  private readonly running = new Set<RunningBatch>();

  constructor(
    private readonly options: DispatcherOptions,
    private readonly context: RunContext,
  ) {
    this.slots = new TargetSlots(options.inFlight);
  }

  get targets(): number {
    return this.slots.size;
  }

  get busyTargets(): number {
    return this.slots.busy;
  }

  get hasRoom(): boolean {
    return this.slots.hasRoom;
  }

  /** Calls that run, those that are split once: as waiting ones while a part of them waits. */
  get calls(): Iterable<Call> {
    const calls = new Set<Call>();
    for (const { call } of this) {
      const { whole = call } = call;
      if (whole.waitingParts === 0) calls.add(whole);
    }
    return calls;
  }

  *[Symbol.iterator](): IterableIterator<QueuedCall> {
    for (const { batch } of this.running) yield* batch.calls;
  }

  freeIn(now: number): number {
    return this.slots.freeIn(now);
  }

  attach(target: BatchTarget): void {
    this.slots.add(target);
  }

  detach(target: BatchTarget): TargetSlot | undefined {
    return this.slots.remove(target);
  }

  drain(target: BatchTarget): Promise<void> {
    const slot = this.detach(target);
    if (slot === undefined || slot.running.size === 0) return Promise.resolve();
    return new Promise((resolve) => (slot.onDrained = resolve));
  }

  /** Running calls that somebody waits for. */
  get live(): number {
    let live = 0;
    for (const run of this.running) live += run.live;
    return live;
  }

  /** Runs a batch in the target that will be free first; there is room for it. */
  start(batch: Batch): void {
    const slot = this.slots.next();
    if (slot === undefined) throw new RangeError('No target has room.');
    const startedAt = this.options.clock.now();
    const run: RunningBatch = { batch, slot, startedAt, live: batch.calls.length };
    for (const { call } of batch.calls) call.begin(run);
    slot.running.add(run);
    this.running.add(run);
    const expectedMs = this.context.loads.of(batch.method.name).latency.predict(batch.rows) ?? 0;
    slot.freeAt = Math.max(slot.freeAt, startedAt) + expectedMs * slot.pace;
    slot.target.run(batch).then(
      (result) => this.succeed(run, result),
      (error: unknown) => this.fail(run, error),
    );
  }

  /** One of its calls was given up; when all are, the target need not run it. */
  forsake(run: RunningBatch): void {
    run.live--;
    if (run.live === 0 && this.running.has(run)) run.slot.target.cancel?.(run.batch);
    this.context.ended();
  }

  /** Ends targets that are silent for too long, and returns when the next one would be. */
  endHung(now: number): number {
    const { hangTimeoutMs } = this.options;
    let earliest = Infinity;
    for (const { batch, slot, startedAt } of this.running) {
      // With several in flight the batch began when the one before it ended.
      const begun = Math.max(startedAt, slot.endedAt);
      const limit = Math.max(begun + hangTimeoutMs, batch.deadline);
      if (limit > now) earliest = Math.min(earliest, limit);
      else slot.target.terminate?.(`a call of "${batch.method.name}" hung`);
    }
    return earliest;
  }

  private succeed(run: RunningBatch, result: unknown): void {
    const { batch, slot, startedAt } = run;
    const now = this.options.clock.now();
    const ranFor = now - Math.max(startedAt, slot.endedAt);
    const load = this.context.loads.of(batch.method.name);
    if (this.slots.size > 1) {
      this.slots.observe(slot, ranFor, load.latency.predict(batch.rows) ?? 0);
    }
    load.latency.observe(batch.rows, ranFor);
    load.learnedAt = now;
    this.end(run, now);
    this.context.pump();
    this.report(run, this.settle(batch, result));
  }

  /** The next batch leaves before the last one's answers are written: the worker goes first. */
  private end(run: RunningBatch, now: number): void {
    const { slot } = run;
    this.running.delete(run);
    slot.running.delete(run);
    slot.endedAt = now;
    if (slot.running.size > 0) return;
    slot.freeAt = now;
    slot.onDrained?.();
  }

  /** Returns what is wrong with the result, if anything is. */
  private settle(batch: Batch, result: unknown): unknown {
    let results: readonly unknown[];
    try {
      results = splitResult(batch, result);
    } catch (error) {
      this.failCalls(batch, error, batch.calls.length > 1);
      return error;
    }
    for (let i = 0; i < batch.calls.length; i++) batch.calls[i].call.resolve(results[i]);
    return undefined;
  }

  private fail(run: RunningBatch, error: unknown): void {
    const { batch, slot } = run;
    const isLost = error instanceof RunnerWorkerLostError;
    if (isLost) this.slots.remove(slot.target);
    this.end(run, this.options.clock.now());
    this.failCalls(
      batch,
      error,
      isLost ? batch.method.idempotent === true : batch.calls.length > 1,
    );
    if (!isLost) this.context.pump();
    this.report(run, error);
  }

  /** Where they may be tried again, each is, by itself and once. */
  private failCalls(batch: Batch, error: unknown, mayRetry: boolean): void {
    for (const queued of batch.calls) {
      const { call } = queued;
      call.batch = undefined;
      if (!mayRetry || call.alone) {
        call.reject(error);
      } else if (!call.isSettled) {
        call.alone = true;
        this.context.retry(queued);
      }
    }
  }

  private report({ batch, startedAt }: RunningBatch, error: unknown): void {
    const { onBatch, clock } = this.options;
    onBatch?.(batch, { startedAt, endedAt: clock.now(), error });
    this.context.ended();
  }
}
