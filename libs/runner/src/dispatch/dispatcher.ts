import {
  CallAbortedError,
  RunnerOverloadedError,
  RunnerTimeoutError,
  RunnerWorkerLostError,
  UnknownMethodError,
} from '../runner.errors.js';
import type { MethodDescription } from '../wire/frame.js';
import { assembleBatch, splitResult } from './batch.js';
import type { Batch } from './batch.js';
import { CallQueues } from './call-queues.js';
import { Call } from './call.js';
import type { CallOptions, PreparedCall, QueuedCall } from './call.js';
import type { Clock } from './clock.js';
import { DeadlineSweep } from './deadline-sweep.js';
import { prepareCall } from './prepare-call.js';
import type { ArgumentCheck } from './prepare-call.js';
import { joinResults, splitCall } from './split-call.js';

/** What runs batches, one at a time: a worker process, or the Runnable itself where it is embedded. */
export interface BatchTarget {
  /** Rejects with RunnerWorkerLostError when the target is gone, and is then not used again. */
  run(batch: Batch): Promise<unknown>;
}

export interface DispatcherOptions {
  /** Name of the runner, for messages. */
  readonly runner: string;
  readonly maxBatchSize: number;
  readonly maxQueue: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly onBatch?: (batch: Batch, timing: BatchTiming) => void;
}

export interface BatchTiming {
  readonly queueMs: number;
  readonly runMs: number;
  readonly ok: boolean;
}

interface EarlyCall {
  readonly call: Call;
  readonly methodName: string;
  readonly args: readonly unknown[];
}

/**
 * Queues the calls of one runner and keeps its workers busy. It is work-conserving: a worker that is
 * free takes at once what is queued, up to `maxBatchSize` rows. Batches form because calls arrive
 * while workers are busy, so an idle server adds no waiting.
 */
export class Dispatcher {
  private readonly queues: CallQueues;
  private readonly deadlines: DeadlineSweep;
  private readonly idle: BatchTarget[] = [];
  private readonly running = new Map<BatchTarget, Batch>();
  /** Calls that came before the first worker told which methods there are. */
  private early: EarlyCall[] = [];
  private methods: ReadonlyMap<string, MethodDescription> | undefined;
  private check: ArgumentCheck = (_method, args) => args;
  private refusal: Error | undefined;
  private waiting = 0;
  private pumpIsDeferred = false;

  constructor(private readonly options: DispatcherOptions) {
    this.queues = new CallQueues(options.maxBatchSize);
    this.deadlines = new DeadlineSweep(options.clock, (now) => this.failExpired(now));
  }

  /** Calls that wait or run. */
  get pending(): number {
    let running = 0;
    for (const batch of this.running.values()) running += batch.calls.length;
    return this.waiting + running;
  }

  /** Tells which methods there are, and how their arguments are checked. */
  describe(methods: readonly MethodDescription[], check: ArgumentCheck): void {
    this.methods = new Map(methods.map((method) => [method.name, method]));
    this.check = check;
    const { early } = this;
    this.early = [];
    for (const entry of early) {
      if (entry.call.isSettled) continue;
      this.waiting--;
      this.admit(entry);
    }
  }

  attach(target: BatchTarget): void {
    this.idle.push(target);
    this.deferPump();
  }

  /** The target takes no further batch; what runs in it settles by its own `run`. */
  detach(target: BatchTarget): void {
    const index = this.idle.indexOf(target);
    if (index !== -1) this.idle.splice(index, 1);
    this.running.delete(target);
  }

  /** Fails what waits, and every call from now on, until `accept` is called. */
  refuse(reason: Error): void {
    this.refusal = reason;
    for (const { call } of this.queues) this.drop(call, reason);
    for (const { call } of this.early) this.drop(call, reason);
    this.queues.clear();
    this.early = [];
  }

  accept(): void {
    this.refusal = undefined;
  }

  /**
   * Queues a call.
   *
   * @throws RunnerOverloadedError, RunnerTimeoutError, CallAbortedError, RunnerWorkerLostError; what
   * the argument check or the Runnable throws.
   */
  call(methodName: string, args: readonly unknown[], options: CallOptions = {}): Promise<unknown> {
    const { runner, maxQueue, clock } = this.options;
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    if (this.waiting >= maxQueue)
      return Promise.reject(new RunnerOverloadedError(runner, maxQueue));
    const { signal, timeoutMs = this.options.timeoutMs } = options;
    if (signal?.aborted) return Promise.reject(this.aborted(signal));
    return new Promise((resolve, reject) => {
      const call = new Call(clock.now(), timeoutMs, { resolve, reject });
      if (signal !== undefined) this.dropOnAbort(call, signal);
      this.admit({ call, methodName, args });
    });
  }

  private admit(entry: EarlyCall): void {
    const { call, methodName, args } = entry;
    if (this.methods === undefined) {
      this.early.push(entry);
      this.waiting++;
      this.deadlines.watch(call.deadline);
      return;
    }
    try {
      this.enqueue({ call, prepared: this.prepare(this.methods, methodName, args) });
    } catch (error) {
      call.reject(error);
    }
  }

  private prepare(
    methods: ReadonlyMap<string, MethodDescription>,
    methodName: string,
    args: readonly unknown[],
  ): PreparedCall {
    const method = methods.get(methodName);
    if (method === undefined) {
      throw new UnknownMethodError(this.options.runner, methodName, [...methods.keys()]);
    }
    return prepareCall(method, this.check(method, args));
  }

  private enqueue(queued: QueuedCall): void {
    if (queued.prepared.rows > this.options.maxBatchSize) {
      this.enqueueParts(queued);
      return;
    }
    this.queues.push(queued);
    this.waiting++;
    this.deadlines.watch(queued.call.deadline);
    if (this.idle.length > 0) this.deferPump();
  }

  private enqueueParts({ call, prepared }: QueuedCall): void {
    const results: unknown[] = [];
    let missing = 0;
    call.parts = splitCall(prepared, this.options.maxBatchSize).map((part, index) => {
      missing++;
      const resolve = (value: unknown): void => {
        results[index] = value;
        if (--missing === 0) call.resolve(joinResults(results, prepared.method));
      };
      const reject = (error: unknown): void => this.drop(call, error);
      return {
        prepared: part,
        call: new Call(call.enqueuedAt, call.timeoutMs, { resolve, reject }),
      };
    });
    call.state = 'running';
    for (const part of call.parts) this.enqueue(part);
  }

  /** One batch per turn of the event loop, so that the requests of one read share it. */
  private deferPump(): void {
    if (this.pumpIsDeferred) return;
    this.pumpIsDeferred = true;
    this.options.clock.defer(() => {
      this.pumpIsDeferred = false;
      this.pump();
    });
  }

  private pump(): void {
    while (this.idle.length > 0) {
      const calls = this.queues.take();
      const target = calls.length > 0 ? this.idle.shift() : undefined;
      if (target === undefined) return;
      this.waiting -= calls.length;
      for (const { call } of calls) call.state = 'running';
      this.start(target, assembleBatch(calls));
    }
  }

  private start(target: BatchTarget, batch: Batch): void {
    const startedAt = this.options.clock.now();
    this.running.set(target, batch);
    const report = (ok: boolean): void => {
      const runMs = this.options.clock.now() - startedAt;
      const queueMs = startedAt - (batch.calls[0]?.call.enqueuedAt ?? startedAt);
      this.options.onBatch?.(batch, { queueMs, runMs, ok });
    };
    target.run(batch).then(
      (result) => {
        this.release(target);
        report(true);
        this.finish(batch, result);
      },
      (error: unknown) => {
        if (error instanceof RunnerWorkerLostError) this.running.delete(target);
        else this.release(target);
        report(false);
        this.fail(batch, error);
      },
    );
  }

  /** The next batch leaves before the last one's answers are written: the worker goes first. */
  private release(target: BatchTarget): void {
    if (!this.running.delete(target)) return;
    this.idle.push(target);
    this.pump();
  }

  private finish(batch: Batch, result: unknown): void {
    let results: readonly unknown[];
    try {
      results = splitResult(batch, result);
    } catch (error) {
      for (const { call } of batch.calls) call.reject(error);
      return;
    }
    batch.calls.forEach(({ call }, index) => call.resolve(results[index]));
  }

  private fail(batch: Batch, error: unknown): void {
    const retried = batch.calls.length > 1 && !(error instanceof RunnerWorkerLostError);
    for (const queued of batch.calls) {
      if (!retried) {
        queued.call.reject(error);
      } else if (!queued.call.isSettled) {
        queued.call.alone = true;
        queued.call.state = 'waiting';
        this.enqueue(queued);
      }
    }
  }

  private dropOnAbort(call: Call, signal: AbortSignal): void {
    const abort = (): void => this.drop(call, this.aborted(signal));
    signal.addEventListener('abort', abort, { once: true });
    call.onSettled = () => signal.removeEventListener('abort', abort);
  }

  private aborted(signal: AbortSignal): CallAbortedError {
    return new CallAbortedError(this.options.runner, { cause: signal.reason });
  }

  private drop(call: Call, error: unknown): void {
    if (call.state === 'waiting') this.waiting--;
    call.reject(error);
    for (const part of call.parts) if (!part.call.isSettled) this.drop(part.call, error);
  }

  private failExpired(now: number): number {
    let earliest = Infinity;
    const visit = (call: Call): void => {
      if (call.isSettled) return;
      if (call.deadline > now) earliest = Math.min(earliest, call.deadline);
      else this.drop(call, new RunnerTimeoutError(this.options.runner, call.timeoutMs));
    };
    for (const { call } of this.queues) visit(call);
    for (const { call } of this.early) visit(call);
    for (const batch of this.running.values()) for (const { call } of batch.calls) visit(call);
    return earliest;
  }
}
