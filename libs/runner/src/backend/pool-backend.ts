import { isDeepStrictEqual } from 'node:util';
import { Caretaker } from '../pool/caretaker.js';
import { STOP_GRACE_MS } from '../pool/pool.options.js';
import type { PoolSharing, WorkerLoad, WorkerStatus } from '../pool/pool.options.js';
import type { WorkerProcess } from '../pool/worker-process.js';
import { WorkerPool } from '../pool/worker-pool.js';
import type { SharedRunner } from '../sharing/runners-owner.js';
import type { RunnableSource } from '../worker/load-runnable.js';
import { refuseScale } from './runner-backend.js';
import type { BackendOptions, RunnerBackend } from './runner-backend.js';

/** Worker processes of this process, which others may call, too. */
export class PoolBackend implements RunnerBackend {
  private readonly pool: WorkerPool;
  private readonly caretaker: Caretaker;
  private isStopped = false;

  constructor(
    private readonly given: BackendOptions,
    shared: SharedRunner | undefined,
  ) {
    const { runner, options, dispatcher, argumentCheck } = given;
    const sharing = shared && toPoolSharing(shared);
    this.pool = new WorkerPool({ ...options, runner, argumentCheck, sharing }, dispatcher);
    const load = (): WorkerLoad => shared?.workers.load ?? dispatcher;
    this.caretaker = new Caretaker({ ...options, runner }, this.pool, load);
  }

  get failure(): Error | undefined {
    return this.pool.failure;
  }

  get isReady(): boolean {
    return this.pool.ready.length > 0;
  }

  get workers(): readonly WorkerStatus[] {
    return this.pool.status;
  }

  get restarts(): number {
    return this.pool.restarts;
  }

  /** Workers that other processes can call. */
  get attached(): readonly WorkerProcess[] {
    return this.pool.ready.filter(({ isAttached }) => isAttached);
  }

  async start(source: RunnableSource): Promise<void> {
    await this.pool.start(source, this.given.options.workers.min);
    if (!this.isStopped) this.caretaker.start();
  }

  reload(source: RunnableSource): Promise<void> {
    return this.pool.reload(source);
  }

  checkScale(workers: number): void {
    if (!Number.isInteger(workers) || workers < 1) {
      throw refuseScale(this.given.runner, `got ${workers}`);
    }
    const { min, max } = this.given.options.workers;
    if (min < max && (workers < min || workers > max)) {
      const why = `its bounds are ${min} and ${max}, got ${workers}`;
      throw refuseScale(this.given.runner, why);
    }
  }

  scale(workers: number): Promise<void> {
    return this.pool.scale(workers);
  }

  hasLoaded(source: RunnableSource | undefined, at: number): boolean {
    return (
      isDeepStrictEqual(source, this.pool.loads) &&
      this.pool.ready.some(({ spawnedAt }) => spawnedAt > at)
    );
  }

  endHanging(worker: string, reason: string): void {
    this.pool.endHanging(worker, reason);
  }

  noteAnswered(worker: string): void {
    this.pool.noteAnswered(worker);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.caretaker.stop();
    await this.pool.stop(STOP_GRACE_MS);
  }
}

function toPoolSharing({ workers, tellAll }: SharedRunner): PoolSharing {
  return {
    changed: tellAll,
    released: (worker) => workers.released(worker),
    gone: (worker) => workers.forgetWorker(worker),
    callsOf: (worker) => workers.callsOf(worker),
  };
}
