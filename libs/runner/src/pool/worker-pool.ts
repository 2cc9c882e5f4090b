import type { Dispatcher } from '../dispatch/dispatcher.js';
import { RunnerStartError, RunnerUnavailableError } from '../runner.errors.js';
import { publishWorkerEvent } from '../runner.channels.js';
import type { RunnableSource } from '../worker/load-runnable.js';
import { STOP_GRACE_MS } from './pool.options.js';
import type { PoolOptions, WorkerStatus } from './pool.options.js';
import { RespawnPolicy } from './respawn-policy.js';
import type { ProcessLife } from './respawn-policy.js';
import { SocketFolder } from './socket-folder.js';
import { diedReady, toStartError } from './start-failure.js';
import { Turns } from './turns.js';
import { freeIndex, spawnWorker } from './spawn-worker.js';
import type { WorkerProcess } from './worker-process.js';

/** The worker processes of one runner: spawns them, replaces the dead, and feeds the dispatcher. */
export class WorkerPool {
  failure: Error | undefined;
  /** Workers that died and were replaced. */
  restarts = 0;
  private readonly workers = new Set<WorkerProcess>();
  private readonly sockets = new SocketFolder();
  private readonly policy = new RespawnPolicy();
  private readonly respawnTimers = new Set<NodeJS.Timeout>();
  /** A reload, a scale and a replacement each count the workers that the others change. */
  private readonly changes = new Turns();
  private wanted = 0;
  private isStopping = false;
  private source: RunnableSource | undefined;

  constructor(
    private readonly options: PoolOptions,
    private readonly dispatcher: Dispatcher,
  ) {}

  get status(): readonly WorkerStatus[] {
    return [...this.workers].map((worker) => ({
      pid: worker.pid,
      state: worker.state,
      calls: this.callsOf(worker),
    }));
  }

  /** Workers that serve. */
  get ready(): readonly WorkerProcess[] {
    return [...this.workers].filter(({ state }) => state === 'ready');
  }

  /** Calls that a worker was given, by this process and by others. */
  callsOf({ link, socketPath }: WorkerProcess): number {
    return (link?.calls ?? 0) + (this.options.sharing?.callsOf(socketPath) ?? 0);
  }

  /** Ends a worker that another process says hangs. */
  endHanging(socketPath: string, reason: string): void {
    for (const worker of this.workers) if (worker.socketPath === socketPath) worker.endHung(reason);
  }

  /** Another process says that a worker answered it. */
  noteAnswered(socketPath: string): void {
    for (const worker of this.workers)
      if (worker.socketPath === socketPath) worker.hasAnswered = true;
  }

  /**
   * Spawns the workers and resolves when all of them are ready.
   *
   * Also resolves when it is stopped meanwhile.
   *
   * @throws RunnerStartError when the first load of one of them fails before any serves; it is not tried
   * again.
   */
  async start(source: RunnableSource, count: number): Promise<void> {
    this.source = source;
    this.wanted = count;
    try {
      await Promise.all(Array.from({ length: count }, () => this.launchFirst(source)));
    } catch (error) {
      if (this.isStopping) return;
      // A model that does not load at start is a mistake to be mended, not a death to be survived.
      this.failure = error as Error;
      this.isStopping = true;
      this.dispatcher.refuse(this.failure);
      for (const worker of this.workers) worker.kill();
      this.sockets.remove();
      throw error;
    }
  }

  /**
   * Changes the number of workers; resolves when the new ones serve, or the surplus has ended.
   *
   * @throws RunnerStartError when a new worker does not load; the number is then as it was.
   */
  scale(count: number): Promise<void> {
    return this.change(() => this.scaleNow(count));
  }

  /**
   * Replaces all workers by ones of `source`: they load and warm up while the old ones serve, then
   * take over at once; the old ones finish what they run.
   *
   * @throws RunnerStartError when one of them does not load: the old ones go on serving.
   */
  reload(source: RunnableSource): Promise<void> {
    return this.change(() => this.reloadNow(source));
  }

  /** What workers load. */
  get loads(): RunnableSource | undefined {
    return this.source;
  }

  /**
   * Replaces one worker without losing a call.
   *
   * @throws RunnerStartError when the new one does not load: the old one goes on serving.
   */
  replace(worker: WorkerProcess, reason: string): Promise<void> {
    return this.change(async () => {
      // What came before may have replaced or ended it.
      if (worker.state !== 'ready') return;
      const { runner } = this.options;
      publishWorkerEvent({ runner, pid: worker.pid, event: 'recycled', reason });
      await this.launchAndAttach(this.source, worker.index);
      await this.retire(worker);
    });
  }

  /** Ends all workers, killing what has not ended after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    for (const timer of this.respawnTimers) clearTimeout(timer);
    await Promise.all([...this.workers].map((worker) => worker.stop(graceMs)));
    this.sockets.remove();
  }

  /** Workers that serve or will. */
  private get current(): readonly WorkerProcess[] {
    return [...this.workers].filter(({ state }) => state === 'ready' || state === 'starting');
  }

  private change(run: () => Promise<void>): Promise<void> {
    return this.changes.take(async () => {
      try {
        await run();
      } finally {
        this.refill();
      }
    });
  }

  /**
   * While a change goes on, workers that only load, or are to end, make up for one that dies: it is
   * missed when the change is over.
   */
  private refill(): void {
    const missing = this.wanted - this.current.length - this.respawnTimers.size;
    if (this.isStopping) return;
    for (let i = 0; i < missing; i++) void this.launchMissing();
  }

  private async scaleNow(count: number): Promise<void> {
    const before = this.wanted;
    this.wanted = count;
    const missing = Math.max(0, count - this.current.length);
    const outcomes = await Promise.allSettled([
      ...this.ready.slice(count).map((worker) => this.retire(worker)),
      ...Array.from({ length: missing }, () => this.launchAndAttach(this.source)),
    ]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed === undefined) return;
    this.wanted = before;
    await Promise.all(this.ready.slice(before).map((worker) => this.retire(worker)));
    throw failed.reason;
  }

  private async reloadNow(source: RunnableSource): Promise<void> {
    const launched = Array.from({ length: this.wanted }, () => this.launch(source));
    const outcomes = await Promise.allSettled(launched);
    const fresh = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    // One that was ready first may have died while the others loaded.
    if (failed !== undefined || fresh.some(({ state }) => state !== 'ready')) {
      await Promise.all(fresh.map((worker) => worker.stop(0)));
      throw failed?.reason ?? diedReady(this.options.runner);
    }
    const old = this.current.filter((worker) => !fresh.includes(worker));
    this.source = source;
    for (const worker of fresh) this.attach(worker);
    await Promise.all(old.map((worker) => this.retire(worker)));
  }

  private async launchAndAttach(source: RunnableSource | undefined, index?: number): Promise<void> {
    this.attach(await this.launch(source, index));
  }

  /** Where another serves already, a load that fails is a death like any other. */
  private async launchFirst(source: RunnableSource): Promise<void> {
    try {
      await this.launchAndAttach(source);
    } catch (error) {
      if (this.ready.length === 0 || !(error instanceof RunnerStartError)) throw error;
      this.respawn({}, error);
    }
  }

  /** Spawns a worker and resolves when it is ready; it gets no calls until it is attached. */
  private launch(source = this.source, index = freeIndex(this.current)): Promise<WorkerProcess> {
    if (source === undefined || this.isStopping) {
      const state = this.isStopping ? 'stopped' : 'not started';
      return Promise.reject(new RunnerUnavailableError(this.options.runner, state));
    }
    const { runner } = this.options;
    const place = { source, index, socketPath: this.sockets.nextPath() };
    return new Promise((resolve, reject) => {
      const worker = spawnWorker(place, this.options, {
        onReady: resolve,
        onDead: (dead, reason) => {
          reject(toStartError(runner, reason));
          this.bury(dead, reason);
        },
      });
      this.workers.add(worker);
      publishWorkerEvent({ runner, pid: worker.pid, event: 'spawned' });
    });
  }

  private attach(worker: WorkerProcess): void {
    const { runner, argumentCheck } = this.options;
    const { link } = worker;
    if (link === undefined || worker.state !== 'ready') {
      throw diedReady(runner);
    }
    publishWorkerEvent({ runner, pid: worker.pid, event: 'ready' });
    this.failure = undefined;
    worker.isAttached = true;
    this.dispatcher.accept();
    const { methods, metadata } = link.hello;
    this.dispatcher.describe(methods, argumentCheck(metadata), metadata);
    this.dispatcher.attach(link);
    this.options.sharing?.changed();
  }

  /** Lets a worker finish what it runs, then ends it. */
  private async retire(worker: WorkerProcess): Promise<void> {
    worker.startDraining();
    const { sharing } = this.options;
    sharing?.changed();
    if (worker.link !== undefined) await this.dispatcher.drain(worker.link);
    await sharing?.released(worker.socketPath);
    await worker.stop(STOP_GRACE_MS);
  }

  private bury(worker: WorkerProcess, reason: RunnerStartError | string): void {
    const { runner } = this.options;
    this.workers.delete(worker);
    this.sockets.removeSocket(worker.socketPath);
    if (worker.link !== undefined) this.dispatcher.detach(worker.link);
    const text = reason instanceof RunnerStartError ? reason.message : reason;
    const isExpected = worker.isEnding || this.isStopping;
    const event = isExpected ? 'ended' : 'died';
    publishWorkerEvent({ runner, pid: worker.pid, event, reason: text });
    if (worker.isAttached && !isExpected) this.restarts++;
    // What becomes of one that never served is decided by those who launched it.
    if (worker.isAttached && !isExpected) this.respawn(worker.life, diedReady(runner, text));
    this.options.sharing?.gone(worker.socketPath);
    this.options.sharing?.changed();
  }

  private respawn(life: ProcessLife, reason: RunnerStartError | string): void {
    const { delayMs, failed } = this.policy.afterDeath(performance.now(), life);
    if (failed && this.ready.length === 0) {
      const cause = toStartError(this.options.runner, reason);
      this.failure = new RunnerUnavailableError(this.options.runner, 'failed', { cause });
      this.dispatcher.refuse(this.failure);
      this.options.sharing?.changed();
    }
    const timer = setTimeout(() => {
      this.respawnTimers.delete(timer);
      if (!this.isComplete) void this.launchMissing();
    }, delayMs);
    this.respawnTimers.add(timer);
  }

  /** Meanwhile a reload or a scale may have made it superfluous. */
  private async launchMissing(): Promise<void> {
    try {
      const worker = await this.launch(this.source);
      if (this.current.length > this.wanted) await worker.stop(STOP_GRACE_MS);
      else this.attach(worker);
    } catch (error) {
      if (!this.isComplete) this.respawn({}, error as RunnerStartError);
    }
  }

  /** Nothing is missing. */
  private get isComplete(): boolean {
    return this.isStopping || this.current.length >= this.wanted;
  }
}
