import type { MethodDescription } from '../wire/frame.js';
import type { BatchTarget, Dispatcher } from '../dispatch/dispatcher.js';
import type { ArgumentCheck } from '../dispatch/prepare-call.js';
import { RunnerStartError, RunnerUnavailableError } from '../runner.errors.js';
import { publishWorkerEvent } from '../runner.channels.js';
import type { WorkerLink } from '../transport/worker-link.js';
import type { RunnableSource } from '../worker/load-runnable.js';
import { RespawnPolicy } from './respawn-policy.js';
import { SocketFolder } from './socket-folder.js';
import { WorkerProcess } from './worker-process.js';
import type { WorkerEvents, WorkerState } from './worker-process.js';

export interface PoolOptions {
  readonly runner: string;
  readonly workers: number;
  readonly startTimeoutMs: number;
  /** Makes the check of arguments from what the Runnable told about its model. */
  readonly argumentCheck: (metadata: unknown) => ArgumentCheck;
}

export interface WorkerStatus {
  readonly pid: number | undefined;
  readonly state: WorkerState;
}

/** The worker processes of one runner: spawns them, replaces the dead, and feeds the dispatcher. */
export class WorkerPool {
  failure: Error | undefined;
  private readonly workers = new Set<WorkerProcess>();
  private readonly sockets = new SocketFolder();
  private readonly policy = new RespawnPolicy();
  private readonly respawnTimers = new Set<NodeJS.Timeout>();
  private isStopping = false;
  private source: RunnableSource | undefined;
  private onStarted: ((error?: Error) => void) | undefined;

  constructor(
    private readonly options: PoolOptions,
    private readonly dispatcher: Dispatcher,
  ) {}

  get status(): readonly WorkerStatus[] {
    return [...this.workers].map(({ pid, state }) => ({ pid, state }));
  }

  /**
   * Spawns the workers and resolves when all of them are ready.
   *
   * @throws RunnerStartError when the first load of any of them fails; it is not tried again.
   */
  start(source: RunnableSource): Promise<void> {
    this.source = source;
    return new Promise((resolve, reject) => {
      this.onStarted = (error) => (error === undefined ? resolve() : reject(error));
      for (let i = 0; i < this.options.workers; i++) this.spawn(source);
    });
  }

  /** Ends all workers, killing what has not ended after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    for (const timer of this.respawnTimers) clearTimeout(timer);
    await Promise.all([...this.workers].map((worker) => worker.stop(graceMs)));
    this.sockets.remove();
  }

  private spawn(source: RunnableSource): void {
    const { runner, startTimeoutMs } = this.options;
    const { command, ...runnable } = source;
    const socketPath = this.sockets.nextPath();
    const init = { type: 'init' as const, runner, socketPath, ...runnable };
    const events: WorkerEvents = {
      onReady: (worker, link) => this.attach(worker, link),
      onDead: (worker, reason) => this.bury(worker, reason),
    };
    const worker = new WorkerProcess(init, events, { startTimeoutMs, command });
    this.workers.add(worker);
    publishWorkerEvent({ runner, pid: worker.pid, event: 'spawned' });
  }

  private attach(worker: WorkerProcess, link: WorkerLink): void {
    const { runner, workers, argumentCheck } = this.options;
    publishWorkerEvent({ runner, pid: worker.pid, event: 'ready' });
    this.describe(link.hello.methods, argumentCheck(link.hello.metadata));
    this.dispatcher.attach(link satisfies BatchTarget);
    const ready = [...this.workers].filter(({ state }) => state === 'ready').length;
    if (ready === workers) this.settleStart();
  }

  private describe(methods: readonly MethodDescription[], check: ArgumentCheck): void {
    this.failure = undefined;
    this.dispatcher.accept();
    this.dispatcher.describe(methods, check);
  }

  private bury(worker: WorkerProcess, reason: RunnerStartError | string): void {
    const { runner } = this.options;
    this.workers.delete(worker);
    if (worker.link !== undefined) this.dispatcher.detach(worker.link);
    const text = reason instanceof RunnerStartError ? reason.message : reason;
    publishWorkerEvent({ runner, pid: worker.pid, event: 'died', reason: text });
    if (this.isStopping) return;
    if (this.onStarted !== undefined && !worker.wasReady) {
      this.giveUp(reason instanceof Error ? reason : new RunnerStartError(runner, `${text}.`));
      return;
    }
    this.respawn(worker.wasReady);
  }

  /** A model that does not load at start is a mistake to be mended, not a death to be survived. */
  private giveUp(error: Error): void {
    this.failure = error;
    this.isStopping = true;
    this.dispatcher.refuse(error);
    for (const worker of this.workers) worker.kill();
    this.sockets.remove();
    this.settleStart(error);
  }

  private respawn(wasReady: boolean): void {
    const { source } = this;
    if (source === undefined) return;
    const { delayMs, failed } = this.policy.afterDeath(performance.now(), wasReady);
    if (failed && ![...this.workers].some(({ state }) => state === 'ready')) {
      this.failure = new RunnerUnavailableError(this.options.runner, 'failed');
      this.dispatcher.refuse(this.failure);
    }
    const timer = setTimeout(() => {
      this.respawnTimers.delete(timer);
      this.spawn(source);
    }, delayMs);
    this.respawnTimers.add(timer);
  }

  private settleStart(error?: Error): void {
    this.onStarted?.(error);
    this.onStarted = undefined;
  }
}
