import {
  CallAbortedError,
  RunnerOverloadedError,
  RunnerTimeoutError,
  UnknownMethodError,
} from '../runner.errors.js';
import type { MethodDescription } from '../wire/frame.js';
import { BatchRuns } from './batch-runs.js';
import { waitUntil } from './batch-window.js';
import { assembleBatch } from './batch.js';
import { CallQueues } from './call-queues.js';
import type { KeyQueue } from './call-queues.js';
import { CallScope } from './call-scope.js';
import { Call } from './call.js';
import type { CallOptions, PreparedCall, QueuedCall } from './call.js';
import { DeadlineSweep } from './deadline-sweep.js';
import type { DispatcherOptions, LossReason } from './dispatcher.options.js';
import { forecastMs } from './forecast.js';
import { MethodLoad } from './method-load.js';
import { prepareCall } from './prepare-call.js';
import type { ArgumentCheck } from './prepare-call.js';
import { joinResults, splitCall } from './split-call.js';
import type { BatchTarget } from './target-slots.js';

interface EarlyCall {
  readonly call: Call;
  readonly methodName: string;
  readonly args: readonly unknown[];
}

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
  private readonly loads = new Map<string, MethodLoad>();
  /** Calls that came before the first worker told which methods there are. */
  private early: EarlyCall[] = [];
  private described: ReadonlyMap<string, MethodDescription> | undefined;
  private check: ArgumentCheck = (_method, args) => args;
  private refusal: Error | undefined;
  private waiting = 0;
  private pumpIsDeferred = false;
  private windowTimer: unknown;
  private windowEnd = Infinity;

  constructor(private readonly options: DispatcherOptions) {
    this.queues = new CallQueues(options.maxBatchSize);
    this.deadlines = new DeadlineSweep(options.clock, (now) => this.failExpired(now));
    this.runs = new BatchRuns(options, {
      loadOf: (method) => this.loadOf(method.name),
      pump: () => this.pump(),
      retry: (queued) => this.enqueue(queued),
    });
  }

  /** Calls that wait for a worker. */
  get depth(): number {
    return this.waiting;
  }

  /** Calls that wait or run. */
  get pending(): number {
    return this.waiting + this.runs.calls;
  }

  /** Targets that run a batch. */
  get busy(): number {
    return this.runs.busyTargets;
  }

  get methodLoads(): readonly MethodLoad[] {
    return [...this.loads.values()];
  }

  /** The methods there are; none before a worker told. */
  get methods(): readonly MethodDescription[] {
    return [...(this.described?.values() ?? [])];
  }

  /** Tells which methods there are, and how their arguments are checked. */
  describe(methods: readonly MethodDescription[], check: ArgumentCheck): void {
    this.described = new Map(methods.map((method) => [method.name, method]));
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
    const { maxQueue, clock, runner } = this.options;
    const { signal, timeoutMs = this.options.timeoutMs, priority = 0 } = options;
    const scope = CallScope.current;
    if (this.refusal !== undefined) return this.lose(methodName, 'unavailable', this.refusal);
    if (this.waiting >= maxQueue) {
      return this.lose(methodName, 'queue_full', RunnerOverloadedError.queueFull(runner, maxQueue));
    }
    if (signal?.aborted) return this.lose(methodName, 'aborted', this.aborted(signal.reason));
    if (scope?.isAborted) return this.lose(methodName, 'aborted', this.aborted(scope.reason));
    return new Promise((resolve, reject) => {
      const call = new Call(clock.now(), timeoutMs, { resolve, reject });
      call.priority = priority;
      if (signal !== undefined) this.abortOnSignal(call, signal);
      scope?.add(call, this.abort);
      this.admit({ call, methodName, args });
    });
  }

  private admit(entry: EarlyCall): void {
    const { call, methodName, args } = entry;
    if (this.described === undefined) {
      this.early.push(entry);
      this.waiting++;
      this.deadlines.watch(call.deadline);
      return;
    }
    try {
      const prepared = this.prepare(this.described, methodName, args);
      this.refuseHopeless(call, prepared);
      this.enqueue({ call, prepared });
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

  /** A call that would miss its deadline is told so now. An idle worker always gets its chance. */
  private refuseHopeless(call: Call, { rows, method }: PreparedCall): void {
    if (this.waiting === 0 && this.runs.hasRoom) return;
    const now = this.options.clock.now();
    const predicted = forecastMs(rows, {
      load: this.loadOf(method.name),
      loads: this.loads.values(),
      maxBatchSize: this.options.maxBatchSize,
      workers: this.runs.targets,
      freeInMs: this.runs.freeIn(now),
    });
    if (predicted === undefined || now + predicted <= call.deadline) return;
    this.options.onLost?.(method.name, 'deadline');
    throw RunnerOverloadedError.deadline(this.options.runner, call.timeoutMs, predicted);
  }

  private enqueue(queued: QueuedCall): void {
    const { call, prepared } = queued;
    const { maxBatchSize, maxLatencyMs, clock } = this.options;
    if (prepared.rows > maxBatchSize) {
      this.enqueueParts(queued);
      return;
    }
    call.rows = prepared.rows;
    call.load = this.loadOf(prepared.method.name);
    call.load.waitingRows += call.rows;
    if (maxLatencyMs > 0) call.load.arrive(call.rows, clock.now());
    this.queues.push(queued);
    this.waiting++;
    this.deadlines.watch(call.deadline);
    if (this.runs.hasRoom) this.deferPump();
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
      const piece = new Call(call.enqueuedAt, call.timeoutMs, { resolve, reject });
      piece.priority = call.priority;
      piece.origin = call.origin;
      return { prepared: part, call: piece };
    });
    call.state = 'running';
    for (const part of call.parts) this.enqueue(part);
  }

  private loadOf(method: string): MethodLoad {
    let load = this.loads.get(method);
    if (load === undefined) {
      load = new MethodLoad(method);
      this.loads.set(method, load);
    }
    return load;
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
    this.closeWindow();
    while (this.runs.hasRoom) {
      const calls = this.queues.take(this.mayGo);
      if (calls.length === 0) return;
      this.waiting -= calls.length;
      for (const { call } of calls) {
        call.state = 'running';
        if (call.load !== undefined) call.load.waitingRows -= call.rows;
      }
      this.runs.start(assembleBatch(calls));
    }
  }

  private readonly mayGo = (queue: KeyQueue, { call, prepared }: QueuedCall): boolean => {
    const { maxLatencyMs, maxBatchSize, clock } = this.options;
    const { load } = call;
    if (maxLatencyMs === 0 || load === undefined || !prepared.method.batchable) return true;
    const batch = { load, rows: queue.rows, since: call.enqueuedAt, maxBatchSize };
    const until = waitUntil(batch, clock.now(), maxLatencyMs);
    if (until === 0) return true;
    this.openWindow(until);
    return false;
  };

  /** A batch waits for more rows: the pump runs again when the first window closes. */
  private openWindow(until: number): void {
    if (until >= this.windowEnd) return;
    const { clock } = this.options;
    if (this.windowTimer !== undefined) clock.clearTimer(this.windowTimer);
    this.windowEnd = until;
    this.windowTimer = clock.setTimer(() => this.pump(), until - clock.now());
  }

  private closeWindow(): void {
    if (this.windowTimer !== undefined) this.options.clock.clearTimer(this.windowTimer);
    this.windowTimer = undefined;
    this.windowEnd = Infinity;
  }

  private abortOnSignal(call: Call, signal: AbortSignal): void {
    const abort = (): void => this.abort(call, signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    call.onSettled = () => signal.removeEventListener('abort', abort);
  }

  private readonly abort = (call: Call, reason: unknown): void => {
    this.options.onLost?.(call.load?.name ?? '', 'aborted');
    this.drop(call, this.aborted(reason));
  };

  private aborted(cause: unknown): CallAbortedError {
    return new CallAbortedError(this.options.runner, { cause });
  }

  private lose(method: string, reason: LossReason, error: Error): Promise<never> {
    this.options.onLost?.(method, reason);
    return Promise.reject(error);
  }

  /** Settles a call before its answer is there: it is not executed, unless it runs already. */
  private drop(call: Call, error: unknown): void {
    if (call.state === 'waiting') {
      this.waiting--;
      if (call.load !== undefined) call.load.waitingRows -= call.rows;
    }
    const { batch } = call;
    call.reject(error);
    if (batch !== undefined) this.runs.forsake(batch);
    for (const part of call.parts) if (!part.call.isSettled) this.drop(part.call, error);
  }

  private failExpired(now: number): number {
    let earliest = this.runs.endHung(now);
    const visit = (call: Call): void => {
      if (call.isSettled) return;
      if (call.deadline > now) {
        earliest = Math.min(earliest, call.deadline);
        return;
      }
      this.options.onLost?.(call.load?.name ?? '', 'timeout');
      this.drop(call, new RunnerTimeoutError(this.options.runner, call.timeoutMs));
    };
    for (const { call } of this.queues) visit(call);
    for (const { call } of this.early) visit(call);
    for (const { call } of this.runs) visit(call);
    return earliest;
  }
}
