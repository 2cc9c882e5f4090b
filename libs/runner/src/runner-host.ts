import { isDeepStrictEqual } from 'node:util';
import type { CallOptions } from './dispatch/call.js';
import { systemClock } from './dispatch/clock.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import type { ArgumentCheck } from './dispatch/prepare-call.js';
import { Caretaker } from './pool/caretaker.js';
import { STOP_GRACE_MS } from './pool/pool.options.js';
import { Turns } from './pool/turns.js';
import { WorkerPool } from './pool/worker-pool.js';
import type { PoolSharing, WorkerLoad, WorkerStatus } from './pool/pool.options.js';
import { publishBatch, publishCall } from './runner.channels.js';
import type { RunnerDefinition } from './runner.definition.js';
import { RunnerOptionsError, RunnerStartError, RunnerUnavailableError } from './runner.errors.js';
import { resolveRunnerOptions } from './runner.options.js';
import type { ResolvedRunnerOptions } from './runner.options.js';
import { createRunnerHandle } from './runner.js';
import type { Runner, RunnerState } from './runner.js';
import { describeFailure } from './runner-status.js';
import type { RunnerStatus } from './runner-status.js';
import { RemotePool } from './sharing/remote-pool.js';
import type { RunnerSharing } from './sharing/runner-sharing.js';
import type { RunnersCaller } from './sharing/runners-caller.js';
import type { SharedRunner } from './sharing/runners-owner.js';
import type { Change, RunnerMessage } from './sharing/sharing.messages.js';
import { EmbeddedTarget } from './transport/embedded-target.js';
import type { MethodDescription } from './wire/frame.js';
import { loadRunnable } from './worker/load-runnable.js';
import { warmUp } from './worker/warm-up.js';
import type { LoadedRunnable, RunnableModel, RunnableSource } from './worker/load-runnable.js';

/** What is queued when the application stops may finish within this time. */
const DRAIN_MS = 5_000;

interface ReloadFailure {
  readonly error: Error;
  /** Undefined where there was none: no such model. */
  readonly source: RunnableSource | undefined;
  readonly at: number;
}

const acceptAll = (): ArgumentCheck => (_method, args) => args;

/** A runner with everything behind its handle: its dispatcher, and its workers or its Runnable. */
export class RunnerHost {
  readonly name: string;
  readonly runner: Runner;
  private readonly options: ResolvedRunnerOptions;
  private readonly dispatcher: Dispatcher;
  private pool: WorkerPool | undefined;
  /** The workers of another process, in the place of a pool. */
  private remote: RemotePool | undefined;
  /** Those in other processes who call the pool's workers. */
  private readonly shared: SharedRunner | undefined;
  private caretaker: Caretaker | undefined;
  private embedded: LoadedRunnable | undefined;
  private embeddedTarget: EmbeddedTarget | undefined;
  private reloadFailure: ReloadFailure | undefined;
  /** One reload at a time: a second one would replace the workers that the first has just begun. */
  private readonly reloads = new Turns();
  private source: RunnableSource | undefined;
  private failure: Error | undefined;
  private isStopped = false;
  private starting: Promise<void> | undefined;

  constructor(
    private readonly definition: RunnerDefinition,
    private readonly sharing?: RunnerSharing,
  ) {
    this.name = definition.name;
    this.options = resolveRunnerOptions(definition.name, definition);
    this.dispatcher = new Dispatcher({
      ...this.options,
      runner: this.name,
      inFlight: this.options.batchesInFlight,
      clock: systemClock,
      onBatch: (batch, timing) => publishBatch(this.name, batch, timing),
      onCall: (call, error) => publishCall(this.name, call, error),
    });
    this.runner = createRunnerHandle(this.name, {
      call: (method, args, options) => this.call(method, args, options),
      reload: (model) => this.change({ action: 'reload', model }),
      scale: (workers) => this.change({ action: 'scale', workers }),
    });
    if (sharing?.role !== 'owner' || this.options.embedded) return;
    this.shared = sharing.owner.add({
      name: this.name,
      describe: () => this.describe(),
      change: (change) => this.change(change),
      endHanging: (worker, reason) => this.pool?.endHanging(worker, reason),
      noteAnswered: (worker) => this.pool?.noteAnswered(worker),
    });
  }

  /** The model that it serves; undefined before it is started, and where the Runnable has none by tag. */
  get model(): RunnableModel | undefined {
    return this.remote?.told?.model ?? this.source?.model;
  }

  get methods(): readonly MethodDescription[] {
    return this.dispatcher.methods;
  }

  /** Queues a call; the first one starts a runner that nothing has started. */
  call(method: string, args: readonly unknown[], options?: CallOptions): Promise<unknown> {
    if (this.starting === undefined) this.startOnCall();
    return this.dispatcher.call(method, args, options);
  }

  get isEmbedded(): boolean {
    return this.options.embedded;
  }

  get status(): RunnerStatus {
    const pool = this.remote ?? this.pool;
    const failure = this.failure ?? pool?.failure;
    const { dispatcher } = this;
    const reloadFailure = this.currentReloadFailure();
    const workers = pool?.status ?? [];
    const reason = this.remote?.told?.reason ?? (failure && describeFailure(failure));
    return {
      name: this.name,
      state: this.stateOf(workers, failure),
      ...(reason === undefined ? {} : { reason }),
      ...(reloadFailure === undefined ? {} : { reloadFailure }),
      workers,
      restarts: pool?.restarts ?? 0,
      waiting: dispatcher.depth,
      pending: dispatcher.pending,
      methods: dispatcher.methodStatuses,
    };
  }

  private stateOf(workers: readonly WorkerStatus[], failure: Error | undefined): RunnerState {
    if (this.isStopped) return 'stopped';
    if (failure !== undefined) return 'failed';
    const isReady = this.embedded !== undefined || workers.some(({ state }) => state === 'ready');
    return isReady ? 'ready' : 'starting';
  }

  /**
   * Loads the model, in its workers or here, and resolves when all are ready. Calls made before wait.
   *
   * @throws RunnerStartError or what the definition's `source` throws, such as ModelNotFoundError.
   */
  start(): Promise<void> {
    this.starting ??= this.load();
    return this.starting;
  }

  /**
   * A call before the application's bootstrap, in `onModuleInit` or in a test that has no `init()`,
   * starts the runner. What goes wrong reaches the caller, for whom the dispatcher then refuses.
   */
  private startOnCall(): void {
    this.start().catch(() => undefined);
  }

  private async load(): Promise<void> {
    const { sharing } = this;
    if (sharing?.role === 'caller' && !this.options.embedded) return this.connect(sharing.caller);
    // Who calls it has a Runnable of its own; who owns workers calls none.
    if (sharing?.role === 'owner' && this.options.embedded) return undefined;
    try {
      const source = await this.definition.source();
      if (this.isStopped) return;
      this.source = source;
      if (this.options.embedded) await this.startEmbedded(source);
      else await this.startPool(source);
    } catch (error) {
      this.failure = error as Error;
      this.dispatcher.refuse(this.failure);
      throw error;
    }
  }

  /** Lets what is queued finish, for at most 5 s, then ends the workers. */
  async stop(): Promise<void> {
    const drainUntil = performance.now() + DRAIN_MS;
    const canDrain = this.status.state === 'ready';
    while (canDrain && this.dispatcher.pending > 0 && performance.now() < drainUntil) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.isStopped = true;
    this.caretaker?.stop();
    this.starting ??= Promise.resolve();
    this.dispatcher.refuse(new RunnerUnavailableError(this.name, 'stopped'));
    await (this.remote ?? this.pool)?.stop(STOP_GRACE_MS);
    await this.embedded?.instance.close?.();
  }

  private async change(change: Change): Promise<void> {
    if (this.sharing?.role === 'caller' && !this.options.embedded) {
      await this.start();
      return this.remote?.change(change);
    }
    if (change.action === 'scale') return this.scale(change.workers);
    return this.reloads.take(() => this.reloadNow(change.model));
  }

  private async reloadNow(model: string | undefined): Promise<void> {
    await this.start();
    let source: RunnableSource | undefined;
    try {
      source = await this.definition.source(model);
      if (this.options.embedded) await this.reloadEmbedded(source);
      else await this.pool?.reload(source);
      this.source = source;
      this.reloadFailure = undefined;
    } catch (error) {
      this.reloadFailure = { error: error as Error, source, at: performance.now() };
      throw error;
    } finally {
      this.shared?.tellAll();
    }
  }

  /** None, when a worker that was spawned since then has loaded what the reload could not. */
  private currentReloadFailure(): string | undefined {
    const { reloadFailure: failure, pool } = this;
    if (failure === undefined) return this.remote?.told?.reloadFailure;
    const isMended =
      isDeepStrictEqual(failure.source, pool?.loads) &&
      pool?.ready.some(({ spawnedAt }) => spawnedAt > failure.at);
    return isMended === true ? undefined : describeFailure(failure.error);
  }

  private async scale(workers: number): Promise<void> {
    if (this.options.embedded || !Number.isInteger(workers) || workers < 1) {
      const why = this.options.embedded ? 'it is embedded' : `got ${workers}`;
      throw new RunnerOptionsError(
        `Runner "${this.name}" can be scaled to a positive number of workers; ${why}.`,
      );
    }
    await this.start();
    await this.pool?.scale(workers);
  }

  private async startPool(source: RunnableSource): Promise<void> {
    const { argumentCheck = acceptAll } = this.definition;
    const { options, dispatcher, name: runner } = this;
    const sharing = this.poolSharing;
    this.pool = new WorkerPool({ ...options, runner, argumentCheck, sharing }, dispatcher);
    await this.pool.start(source, options.workers.min);
    const load = (): WorkerLoad => this.shared?.workers.load ?? dispatcher;
    this.caretaker = new Caretaker({ ...options, runner }, this.pool, load);
    if (!this.isStopped) this.caretaker.start();
  }

  private get poolSharing(): PoolSharing | undefined {
    if (this.shared === undefined) return undefined;
    const { workers, tellAll } = this.shared;
    return {
      changed: tellAll,
      released: (worker) => workers.released(worker),
      gone: (worker) => workers.forgetWorker(worker),
      callsOf: (worker) => workers.callsOf(worker),
    };
  }

  /** How the runner is, for processes that call its workers. */
  private describe(): RunnerMessage {
    const { state, reason, reloadFailure, restarts } = this.status;
    const attached = this.pool?.ready.filter(({ isAttached }) => isAttached) ?? [];
    const workers = attached.map(({ socketPath, pid }) => ({ socketPath, pid }));
    const { name: runner, model } = this;
    return { type: 'runner', runner, state, workers, restarts, reason, reloadFailure, model };
  }

  /** Uses the workers of another process; resolves when the first of them serves. */
  private connect(caller: RunnersCaller): Promise<void> {
    const { definition, dispatcher, name: runner } = this;
    const { argumentCheck = acceptAll } = definition;
    this.remote = new RemotePool({ runner, argumentCheck }, dispatcher, caller);
    caller.add(runner, this.remote);
    return this.remote.start();
  }

  private async startEmbedded(source: RunnableSource): Promise<void> {
    const { argumentCheck = acceptAll } = this.definition;
    const loaded = await this.loadEmbedded(source);
    this.embedded = loaded;
    this.embeddedTarget = new EmbeddedTarget(this.name, loaded);
    this.dispatcher.describe(loaded.methods, argumentCheck(loaded.metadata));
    this.dispatcher.attach(this.embeddedTarget);
  }

  private async reloadEmbedded(source: RunnableSource): Promise<void> {
    const { embedded: old, embeddedTarget: oldTarget } = this;
    await this.startEmbedded(source);
    if (oldTarget !== undefined) await this.dispatcher.drain(oldTarget);
    await old?.instance.close?.();
  }

  private async loadEmbedded(source: RunnableSource): Promise<LoadedRunnable> {
    if (source.command !== undefined) {
      throw new RunnerOptionsError(
        `Runner "${this.name}" cannot be embedded: its Runnable runs in a program of its own. Remove embedded: true.`,
      );
    }
    try {
      const loaded = await loadRunnable(source);
      await warmUp(this.name, loaded, this.options.warmup);
      return loaded;
    } catch (cause) {
      throw new RunnerStartError(this.name, String(cause), { cause });
    }
  }
}
