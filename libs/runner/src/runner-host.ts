import type { Batch } from './dispatch/batch.js';
import { systemClock } from './dispatch/clock.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import type { BatchTiming } from './dispatch/dispatcher.js';
import type { ArgumentCheck } from './dispatch/prepare-call.js';
import { WorkerPool } from './pool/worker-pool.js';
import type { WorkerStatus } from './pool/worker-pool.js';
import { publishBatchEvent } from './runner.channels.js';
import type { RunnerDefinition } from './runner.definition.js';
import { RunnerStartError, RunnerUnavailableError } from './runner.errors.js';
import { resolveRunnerOptions } from './runner.options.js';
import type { ResolvedRunnerOptions } from './runner.options.js';
import { createRunnerHandle } from './runner.js';
import type { Runner, RunnerState } from './runner.js';
import { EmbeddedTarget } from './transport/embedded-target.js';
import { loadRunnable } from './worker/load-runnable.js';
import type { LoadedRunnable, RunnableSource } from './worker/load-runnable.js';

/** What is queued when the application stops may finish within this time. */
const DRAIN_MS = 5_000;
/** A worker that is still loading, or runs a long call, is killed after this time. */
const STOP_GRACE_MS = 1_500;

export interface RunnerStatus {
  readonly name: string;
  readonly state: RunnerState;
  /** Why it is failed, in words that may be shown. */
  readonly reason?: string;
  readonly workers: readonly WorkerStatus[];
}

const acceptAll = (): ArgumentCheck => (_method, args) => args;

/** A runner with everything behind its handle: its dispatcher, and its workers or its Runnable. */
export class RunnerHost {
  readonly name: string;
  readonly runner: Runner;
  private readonly options: ResolvedRunnerOptions;
  private readonly dispatcher: Dispatcher;
  private pool: WorkerPool | undefined;
  private embedded: LoadedRunnable | undefined;
  private failure: Error | undefined;
  private isStopped = false;
  private starting: Promise<void> | undefined;

  constructor(private readonly definition: RunnerDefinition) {
    this.name = definition.name;
    this.options = resolveRunnerOptions(definition.name, definition);
    this.dispatcher = new Dispatcher({
      ...this.options,
      runner: this.name,
      clock: systemClock,
      onBatch: (batch, timing) => this.publish(batch, timing),
    });
    this.runner = createRunnerHandle(this.name, {
      call: (method, args, options) => {
        if (this.starting === undefined) this.startOnCall();
        return this.dispatcher.call(method, args, options);
      },
    });
  }

  get isEmbedded(): boolean {
    return this.options.embedded;
  }

  get status(): RunnerStatus {
    const workers = this.pool?.status ?? [];
    const { name } = this;
    if (this.isStopped) return { name, state: 'stopped', workers };
    const failure = this.failure ?? this.pool?.failure;
    if (failure !== undefined) return { name, state: 'failed', reason: failure.message, workers };
    const ready = this.embedded !== undefined || workers.some(({ state }) => state === 'ready');
    return { name, state: ready ? 'ready' : 'starting', workers };
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
    try {
      const source = await this.definition.source();
      if (this.isStopped) return;
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
    this.starting ??= Promise.resolve();
    this.dispatcher.refuse(new RunnerUnavailableError(this.name, 'stopped'));
    await this.pool?.stop(STOP_GRACE_MS);
    await this.embedded?.instance.close?.();
  }

  private startPool(source: RunnableSource): Promise<void> {
    const { argumentCheck = acceptAll } = this.definition;
    this.pool = new WorkerPool(
      { ...this.options, runner: this.name, argumentCheck },
      this.dispatcher,
    );
    return this.pool.start(source);
  }

  private async startEmbedded(source: RunnableSource): Promise<void> {
    const { argumentCheck = acceptAll } = this.definition;
    const loaded = await loadRunnable(source).catch((cause: unknown) => {
      throw new RunnerStartError(this.name, String(cause), { cause });
    });
    this.embedded = loaded;
    this.dispatcher.describe(loaded.methods, argumentCheck(loaded.metadata));
    this.dispatcher.attach(new EmbeddedTarget(this.name, loaded));
  }

  private publish(batch: Batch, timing: BatchTiming): void {
    publishBatchEvent(() => ({
      runner: this.name,
      method: batch.method.name,
      calls: batch.calls.length,
      rows: batch.rows,
      ...timing,
    }));
  }
}
