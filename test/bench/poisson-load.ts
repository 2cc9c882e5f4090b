import { HttpConnection, toRequestBytes } from './http-connection.js';
import { poissonIntervals } from './random.js';
import { percentile } from './statistics.js';

export interface PoissonLoad {
  readonly url: string;
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly requestsPerSecond: number;
  readonly seconds: number;
  /** Requests on the way at a time; those due beyond wait here, and that counts. */
  readonly connections: number;
  readonly seed: number;
  /** More unanswered requests than this end the run: the server has lost. */
  readonly giveUpAt: number;
}

export interface PoissonFigures {
  /** Requests that were due. */
  readonly due: number;
  /** Not answered, or not with a 2xx. */
  readonly failed: number;
  /** From when a request was due to its answer; of one without an answer it is Infinity. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How late the generator itself was, at the 99th percentile: it must be far below `p99Ms`. */
  readonly lagP99Ms: number;
}

/** What is unanswered at the end may come within this time. */
const GRACE_MS = 500;
/** Node has no finer timer; the lag is part of the latency. */
const TICK_MS = 1;

/**
 * Open loop: requests are due at the times of a Poisson process, whether the server keeps up or not,
 * and their latency counts from then. A closed loop asks less while a server stalls, and so forgives.
 */
export async function applyPoissonLoad(load: PoissonLoad): Promise<PoissonFigures> {
  const { hostname, port } = new URL(load.url);
  const connections = await Promise.all(
    Array.from({ length: load.connections }, () => HttpConnection.open(Number(port), hostname)),
  );
  try {
    return await new PoissonRun(load, connections).result();
  } finally {
    for (const connection of connections) connection.close();
  }
}

class PoissonRun {
  private readonly request: Buffer;
  private readonly dueAt: readonly number[];
  private readonly latencies: number[] = [];
  private readonly lags: number[] = [];
  private readonly idle: HttpConnection[];
  private readonly startedAt = performance.now();
  /** Requests that became due, and those of them that were sent. */
  private arrived = 0;
  private sent = 0;
  private answered = 0;
  private failed = 0;

  constructor(
    private readonly load: PoissonLoad,
    connections: readonly HttpConnection[],
  ) {
    this.request = toRequestBytes(load.url, load.body, load.contentType);
    this.idle = [...connections];
    this.dueAt = dueTimes(load, this.startedAt);
  }

  async result(): Promise<PoissonFigures> {
    while (!this.isOver()) {
      this.takeArrivals();
      this.sendDue();
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    const unanswered = this.dueAt.length - this.answered;
    const latencies = [...this.latencies, ...Array.from({ length: unanswered }, () => Infinity)];
    return {
      due: this.dueAt.length,
      failed: this.failed + unanswered,
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      lagP99Ms: percentile(this.lags, 0.99),
    };
  }

  private isOver(): boolean {
    const endsAt = this.startedAt + this.load.seconds * 1000 + GRACE_MS;
    return (
      this.answered === this.dueAt.length ||
      performance.now() > endsAt ||
      this.arrived - this.answered > this.load.giveUpAt
    );
  }

  private takeArrivals(): void {
    const now = performance.now();
    for (let due = this.dueAt[this.arrived]; due !== undefined && due <= now;) {
      this.lags.push(now - due);
      due = this.dueAt[++this.arrived];
    }
  }

  private sendDue(): void {
    while (this.sent < this.arrived) {
      const connection = this.idle.pop();
      if (connection === undefined) return;
      if (!connection.isOpen) continue;
      const due = this.dueAt[this.sent++] ?? NaN;
      connection.send(this.request, (status) => {
        this.answered++;
        this.latencies.push(performance.now() - due);
        if (status < 200 || status > 299) this.failed++;
        this.idle.push(connection);
        this.sendDue();
      });
    }
  }
}

function dueTimes(load: PoissonLoad, startedAt: number): number[] {
  const interval = poissonIntervals(1000 / load.requestsPerSecond, load.seed);
  const endsAt = startedAt + load.seconds * 1000;
  const times: number[] = [];
  for (let due = startedAt + interval(); due < endsAt; due += interval()) times.push(due);
  return times;
}
