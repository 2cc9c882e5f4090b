import type { CallOptions } from './dispatch/call.js';
import { systemClock } from './dispatch/clock.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import type { ArgumentCheck } from './dispatch/prepare-call.js';
import { EmbeddedBackend } from './backend/embedded-backend.js';
import { PoolBackend } from './backend/pool-backend.js';
import type { BackendOptions, RunnerBackend } from './backend/runner-backend.js';
import { Turns } from './pool/turns.js';
import { publishBatch, publishCall } from './runner.channels.js';
import type { RunnerDefinition } from './runner.definition.js';
import { RunnerOptionsError, RunnerUnavailableError } from './runner.errors.js';
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
import type { MethodDescription } from './wire/frame.js';
import type { RunnableModel, RunnableSource } from './worker/load-runnable.js';

/** What is queued when the application stops may finish within this time. */
const DRAIN_MS = 5_000;

interface ReloadFailure {
  readonly error: Error;
  /** Undefined where there was none: no such model. */
  readonly source: RunnableSource | undefined;
  readonly at: number;
}

function refuseEmbeddedChange(runner: string): string {
  return `Runner "${runner}" is embedded in each of several API processes, of which this one would change only its own. Remove embedded: true, or restart the server.`;
}

const acceptAll = (): ArgumentCheck => (_method, args) => args;

/** A runner with everything behind its handle: its dispatcher, and its workers or its Runnable. */
export class RunnerHost {
  readonly name: string;
  readonly runner: Runner;
  private readonly options: ResolvedRunnerOptions;
  private readonly dispatcher: Dispatcher;
  /** Undefined where another process has the workers, or is to have the Runnable. */
  private backend: RunnerBackend | undefined;
  /** The workers of another process. */
  private remote: RemotePool | undefined;
  /** Those in other processes who call the workers of this one. */
  private readonly shared: SharedRunner | undefined;
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
    if (this.options.embedded) {
      // Who owns workers for others calls none itself.
      if (sharing?.role !== 'owner') this.backend = new EmbeddedBackend(this.backendOptions);
    } else if (sharing?.role === 'owner') {
      this.shared = sharing.owner.add({
        name: this.name,
        hangTimeoutMs: this.options.hangTimeoutMs,
        describe: () => this.describe(pool),
        change: (change) => this.change(change),
        endHanging: (worker, reason) => pool.endHanging(worker, reason),
        noteAnswered: (worker) => pool.noteAnswered(worker),
      });
      const pool = new PoolBackend(this.backendOptions, this.shared);
      this.backend = pool;
    } else if (sharing === undefined) {
      this.backend = new PoolBackend(this.backendOptions, undefined);
    }
  }

  private get backendOptions(): BackendOptions {
    const { name: runner, options, dispatcher, definition } = this;
    const { argumentCheck = acceptAll } = definition;
    return { runner, options, dispatcher, argumentCheck };
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
    const { remote, backend } = this;
    const failure = this.failure ?? remote?.failure ?? backend?.failure;
    const { dispatcher } = this;
    const reloadFailure = this.currentReloadFailure();
    const workers = remote?.status ?? backend?.workers ?? [];
    const isReady = (remote?.status.length ?? 0) > 0 || backend?.isReady === true;
    const reason = remote?.told?.reason ?? (failure && describeFailure(failure));
    return {
      name: this.name,
      state: this.stateOf(isReady, failure),
      ...(reason === undefined ? {} : { reason }),
      ...(reloadFailure === undefined ? {} : { reloadFailure }),
      workers,
      restarts: remote?.restarts ?? backend?.restarts ?? 0,
      waiting: dispatcher.depth,
      pending: dispatcher.pending,
      methods: dispatcher.methodStatuses,
    };
  }

  private stateOf(isReady: boolean, failure: Error | undefined): RunnerState {
    if (this.isStopped) return 'stopped';
    if (failure !== undefined) return 'failed';
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
    const { sharing, backend } = this;
    if (sharing?.role === 'caller' && !this.options.embedded) return this.connect(sharing.caller);
    if (backend === undefined) return undefined;
    try {
      const source = await this.definition.source();
      if (this.isStopped) return;
      this.source = source;
      await backend.start(source);
    } catch (error) {
      this.failure = error as Error;
      this.dispatcher.refuse(this.failure);
      throw error;
    }
  }

  /** Lets what is queued finish, for at most 5 s, then ends the workers. */
  async stop(): Promise<void> {
    if (this.status.state === 'ready') await this.dispatcher.idle(DRAIN_MS);
    this.isStopped = true;
    this.starting ??= Promise.resolve();
    this.dispatcher.refuse(new RunnerUnavailableError(this.name, 'stopped'));
    await this.remote?.stop();
    await this.backend?.stop();
  }

  private async change(change: Change): Promise<void> {
    if (this.sharing?.role === 'caller') {
      if (this.options.embedded) throw new RunnerOptionsError(refuseEmbeddedChange(this.name));
      await this.start();
      return this.remote?.change(change);
    }
    if (change.action === 'scale') {
      this.backend?.checkScale(change.workers);
      await this.start();
      return this.backend?.scale(change.workers);
    }
    return this.reloads.take(() => this.reloadNow(change.model));
  }

  private async reloadNow(model: string | undefined): Promise<void> {
    await this.start();
    let source: RunnableSource | undefined;
    try {
      source = await this.definition.source(model);
      await this.backend?.reload(source);
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
    const { reloadFailure: failure, backend } = this;
    if (failure === undefined) return this.remote?.told?.reloadFailure;
    const isMended = backend?.hasLoaded(failure.source, failure.at) === true;
    return isMended ? undefined : describeFailure(failure.error);
  }

  /** How the runner is, for processes that call its workers. */
  private describe(pool: PoolBackend): RunnerMessage {
    const { state, reason, reloadFailure, restarts } = this.status;
    const workers = pool.attached.map(({ socketPath, pid }) => ({ socketPath, pid }));
    const { name: runner, model } = this;
    return { type: 'runner', runner, state, workers, restarts, reason, reloadFailure, model };
  }

  /** Uses the workers of another process; resolves when the first of them serves. */
  private connect(caller: RunnersCaller): Promise<void> {
    const { runner, argumentCheck, dispatcher } = this.backendOptions;
    this.remote = new RemotePool({ runner, argumentCheck }, dispatcher, caller);
    caller.add(runner, this.remote);
    return this.remote.start();
  }
}
