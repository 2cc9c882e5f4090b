import { RunnerTimeoutError } from '../runner.errors.js';
import type { MethodDescription } from '../wire/frame.js';
import { Admission } from './admission.js';
import type { Loss } from './admission.js';
import { BatchRuns } from './batch-runs.js';
import { BatchWindow, waitUntil } from './batch-window.js';
import { assembleBatch } from './batch.js';
import { partsOf } from './call-parts.js';
import { CallQueues } from './call-queues.js';
import type { KeyQueue } from './call-queues.js';
import { CallScope } from './call-scope.js';
import { calledOrLate } from './clock.js';
import { Call } from './call.js';
import type { CallOptions, EarlyCall, QueuedCall } from './call.js';
import { DeadlineSweep, expireDue } from './deadline-sweep.js';
import type { DispatcherOptions, LossReason } from './dispatcher.options.js';
import type { MethodLoad } from './method-load.js';
import { MethodCatalog } from './method-catalog.js';
import { MethodLoads, UNKNOWN_METHOD } from './method-loads.js';
import type { MethodStatus } from './method-loads.js';
import { prepareAnew } from './prepare-anew.js';
import type { ArgumentCheck } from './prepare-call.js';
import type { BatchTarget } from './target-slots.js';

/**
 * Queues the calls of one runner and keeps its workers busy. It is work-conserving: a worker that is
 * free takes at once what is queued, up to `maxBatchSize` rows. Batches form because calls arrive
 * while workers are busy, so an idle server adds no waiting; with `maxLatencyMs` a batch may wait for
 * more rows where that raises throughput.
 */
export class Dispatcher {
  private readonly queues: CallQueues;
  private readonly deadlines: DeadlineSweep;
  private readonly runs: BatchRuns;
  private readonly admission: Admission;
  private readonly loads = new MethodLoads();
  private readonly window: BatchWindow;
  private readonly whenIdle: (() => void)[] = [];
  /** Calls that came before the first worker told which methods there are. */
  private early: EarlyCall[] = [];
  private readonly catalog: MethodCatalog;
  private refusal: Loss | undefined;
  private pumpIsDeferred = false;

  constructor(private readonly options: DispatcherOptions) {
    this.queues = new CallQueues(options.maxBatchSize);
    this.catalog = new MethodCatalog(options.runner);
    this.deadlines = new DeadlineSweep(options.clock, (now) => this.failExpired(now));
    this.window = new BatchWindow(options.clock, () => this.pump());
    this.runs = new BatchRuns(options, {
      loads: this.loads,
      pump: () => this.pump(),
      retry: (queued) => this.enqueue(queued),
      ended: () => this.noteEnd(),
    });
    const { loads, queues, runs } = this;
    this.admission = new Admission(options, { loads, queues, runs });
  }

  /** Calls that wait for a worker. */
  get depth(): number {
    return this.loads.waiting;
  }

  /** Calls that wait or run. */
  get pending(): number {
    return this.loads.waiting + [...this.runs.calls].length;
  }

  /** What was given up may still run, but nobody waits for it. */
  private get isIdle(): boolean {
    return this.loads.waiting + this.runs.live === 0;
  }

  /** Resolves when nobody waits for a call, or after `timeoutMs`. */
  idle(timeoutMs: number): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return calledOrLate(this.whenIdle, timeoutMs, this.options.clock);
  }

  private noteEnd(): void {
    if (this.whenIdle.length === 0 || !this.isIdle) return;
    for (const resolve of this.whenIdle.splice(0)) resolve();
  }

  /** Targets that run a batch. */
  get busy(): number {
    return this.runs.busyTargets;
  }

  /** Of each method that was called. */
  get methodStatuses(): readonly MethodStatus[] {
    return this.loads.statuses(this.runs.calls);
  }

  /** The methods there are; none before a worker told. */
  get methods(): readonly MethodDescription[] {
    return this.catalog.all;
  }

  /** Tells which methods there are, and how their arguments are checked, which `metadata` decides. */
  describe(methods: readonly MethodDescription[], check: ArgumentCheck, metadata?: unknown): void {
    if (this.catalog.describe(methods, check, metadata)) {
      prepareAnew(this.queues, this.catalog, {
        drop: (call, error) => this.drop(call, error),
        enqueue: (queued) => {
          this.loads.leave(queued.call);
          this.enqueue(queued);
        },
      });
    }
    const { early } = this;
    this.early = [];
    for (const { call, methodName, args } of early) {
      if (call.isSettled) continue;
      this.loads.leave(call);
      call.load = this.loadOf(methodName);
      this.admit(call, methodName, args);
    }
  }

  attach(target: BatchTarget): void {
    this.runs.attach(target);
    this.deferPump();
  }

  /** The target takes no further batch; what runs in it settles by its own `run`. */
  detach(target: BatchTarget): void {
    this.runs.detach(target);
  }

  /** As `detach`, and resolves when what runs in the target has ended. */
  drain(target: BatchTarget): Promise<void> {
    return this.runs.drain(target);
  }

  /** Fails what waits, and every call from now on, until `accept` is called. */
  refuse(reason: Error): void {
    this.refusal = { reason: 'unavailable', error: reason };
    for (const { call } of this.queues) this.lose(call, 'unavailable', reason);
    for (const { call } of this.early) this.lose(call, 'unavailable', reason);
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
    const { signal, timeoutMs = this.options.timeoutMs, priority = 0 } = options;
    const { clock, onCall } = this.options;
    return new Promise((resolve, reject) => {
      const load = this.loadOf(methodName);
      const call = new Call(load, clock.now(), timeoutMs, { resolve, reject });
      call.priority = priority;
      call.onEnd = onCall;
      const refused = this.refusal ?? this.admission.refuseUnseen(call, signal);
      if (refused !== undefined) {
        this.lose(call, refused.reason, refused.error);
        return;
      }
      if (signal !== undefined) this.abortOnSignal(call, signal);
      CallScope.current?.add(call, this.abort);
      if (this.catalog.isKnown) this.admit(call, methodName, args);
      else this.hold({ call, methodName, args });
    });
  }

  /** Names that callers make up count as one method. */
  private loadOf(methodName: string): MethodLoad {
    return this.loads.of(this.catalog.has(methodName) ? methodName : UNKNOWN_METHOD);
  }

  private hold(entry: EarlyCall): void {
    this.early.push(entry);
    this.loads.enter(entry.call);
    this.deadlines.watch(entry.call.deadline);
  }

  private admit(call: Call, methodName: string, args: readonly unknown[]): void {
    try {
      const prepared = this.catalog.prepare(methodName, args);
      this.admission.refuseHopeless(call, prepared);
      const ousted = this.admission.oustedBy(call);
      if (ousted !== undefined) this.lose(ousted, 'queue_full', this.admission.queueFull());
      this.enqueue({ call, prepared });
    } catch (error) {
      call.reject(error);
    }
  }

  private enqueue(queued: QueuedCall): void {
    const { call, prepared } = queued;
    const { maxBatchSize, maxLatencyMs, clock } = this.options;
    if (prepared.rows > maxBatchSize) {
      call.parts = partsOf(queued, this.options, (whole, error) => this.drop(whole, error));
      call.state = 'running';
      for (const part of call.parts) this.enqueue(part);
      return;
    }
    call.rows = prepared.rows;
    if (maxLatencyMs > 0) call.load.arrive(call.rows, clock.now());
    this.loads.enter(call);
    this.queues.push(queued);
    this.deadlines.watch(call.deadline);
    if (this.runs.hasRoom) this.deferPump();
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
    this.window.close();
    while (this.runs.hasRoom) {
      const taken = this.queues.take(this.mayGo);
      if (taken.length === 0) return;
      const calls = this.withoutExpired(taken);
      if (calls.length === 0) continue;
      for (const { call } of calls) this.loads.leave(call);
      this.runs.start(assembleBatch(calls));
    }
  }

  /** The timer of deadlines may be late, after a turn of the event loop that was long. */
  private withoutExpired(calls: readonly QueuedCall[]): readonly QueuedCall[] {
    const now = this.options.clock.now();
    if (!calls.some(({ call }) => call.deadline <= now)) return calls;
    for (const { call } of calls) if (call.deadline <= now) this.expire(call);
    return calls.filter(({ call }) => !call.isSettled);
  }

  private expire(call: Call): void {
    if (call.isSettled) return;
    const { runner } = this.options;
    this.lose(call, 'timeout', new RunnerTimeoutError(runner, call.timeoutMs));
  }

  private readonly mayGo = (queue: KeyQueue, { call, prepared }: QueuedCall): boolean => {
    const { maxLatencyMs, maxBatchSize, clock } = this.options;
    if (maxLatencyMs === 0 || !prepared.method.batchable) return true;
    const { load, enqueuedAt: since } = call;
    const batch = { load, rows: queue.rows, since, maxBatchSize };
    const until = waitUntil(batch, clock.now(), maxLatencyMs);
    if (until === 0) return true;
    this.window.open(until);
    return false;
  };

  private abortOnSignal(call: Call, signal: AbortSignal): void {
    const abort = (): void => this.abort(call, signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    call.onSettled = () => signal.removeEventListener('abort', abort);
  }

  private readonly abort = (call: Call, cause: unknown): void => {
    const { reason, error } = this.admission.aborted(cause);
    this.lose(call, reason, error);
  };

  /** Settles a call that is not run to its end, or the one that it is a piece of. */
  private lose(call: Call, reason: LossReason, error: Error): void {
    const { whole = call } = call;
    whole.lost = reason;
    this.drop(whole, error);
  }

  /** Settles a call before its answer is there: it is not executed, unless it runs already. */
  private drop(call: Call, error: unknown): void {
    const { batch, state } = call;
    if (state === 'waiting') {
      this.loads.leave(call);
      this.queues.giveUp(call);
    }
    call.reject(error);
    if (batch !== undefined) this.runs.forsake(batch);
    for (const part of call.parts) if (!part.call.isSettled) this.drop(part.call, error);
    this.noteEnd();
  }

  private failExpired(now: number): number {
    const hung = this.runs.endHung(now);
    const expire = (call: Call): void => this.expire(call);
    const earliest = [this.queues, this.early, this.runs].map((calls) =>
      expireDue(calls, now, expire),
    );
    return Math.min(hung, ...earliest);
  }
}
