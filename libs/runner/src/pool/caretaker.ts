import { setTimeout as sleep } from 'node:timers/promises';
import { publishWorkerEvent } from '../runner.channels.js';
import type { ResolvedRunnerOptions } from '../runner.options.js';
import type { WorkerLoad } from './pool.options.js';
import { residentMemoryMb } from './resident-memory.js';
import { ScalePolicy } from './scale-policy.js';
import type { WorkerPool } from './worker-pool.js';
import type { WorkerProcess } from './worker-process.js';

const ROUND_MS = 250;
/** After a replacement that did not load, the next is tried after this time. */
const RETRY_MS = 30_000;

type Limits = Pick<ResolvedRunnerOptions, 'workers' | 'maxRssMb' | 'maxCalls'> & {
  readonly runner: string;
};

/**
 * Looks after workers that live: replaces those that grew too large or served their number of calls,
 * and keeps as many as the load asks for. It makes no rounds where no option asks for it.
 */
export class Caretaker {
  private readonly policy: ScalePolicy;
  private readonly ended = new AbortController();

  constructor(
    private readonly limits: Limits,
    private readonly pool: WorkerPool,
    private readonly load: () => WorkerLoad,
  ) {
    this.policy = new ScalePolicy(limits.workers);
  }

  start(): void {
    const { workers, maxRssMb, maxCalls } = this.limits;
    const hasWork = workers.min < workers.max || maxRssMb !== undefined || maxCalls !== undefined;
    if (hasWork) void this.makeRounds();
  }

  stop(): void {
    this.ended.abort();
  }

  private async makeRounds(): Promise<void> {
    const { signal } = this.ended;
    while (!signal.aborted) {
      let pauseMs = ROUND_MS;
      try {
        await this.makeRound();
      } catch (error) {
        const { runner } = this.limits;
        const reason = error instanceof Error ? error.message : String(error);
        publishWorkerEvent({ runner, pid: undefined, event: 'replacement-failed', reason });
        pauseMs = RETRY_MS;
      }
      // Aborting the pause ends the rounds.
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  private async makeRound(): Promise<void> {
    const ready = this.pool.ready;
    const { depth, busy } = this.load();
    const { min, max } = this.limits.workers;
    if (min < max && ready.length > 0) {
      const sample = { now: performance.now(), depth, busy, workers: ready.length };
      const wanted = this.policy.decide(sample);
      if (wanted !== ready.length) await this.pool.scale(wanted);
    }
    for (const worker of ready) {
      const reason = await this.reasonToReplace(worker);
      if (reason !== undefined && worker.state === 'ready' && !this.ended.signal.aborted) {
        await this.pool.replace(worker, reason);
      }
    }
  }

  private async reasonToReplace(worker: WorkerProcess): Promise<string | undefined> {
    const { maxRssMb, maxCalls } = this.limits;
    const { pid } = worker;
    const calls = this.pool.callsOf(worker);
    if (maxCalls !== undefined && calls >= maxCalls) return `it served ${calls} calls (maxCalls)`;
    if (maxRssMb === undefined || pid === undefined) return undefined;
    const rssMb = await residentMemoryMb(pid);
    return rssMb > maxRssMb ? `it holds ${Math.round(rssMb)} MiB (maxRssMb)` : undefined;
  }
}
