const WINDOW_MS = 60_000;
const MAX_FAILURES = 5;
const FIRST_DELAY_MS = 100;
const DELAY_GROWTH = 4;
const MAX_DELAY_MS = 5_000;
const FAILED_DELAY_MS = 30_000;
/** One that lives for so long when it is ready is no part of a crash loop, also if nobody asked it. */
const STEADY_MS = 5_000;

/** What a process has done until it died. */
export interface ProcessLife {
  /** On the clock of the death; undefined where it was never ready. */
  readonly readyAt?: number | undefined;
  /** It has answered a call or a request. */
  readonly hasAnswered?: boolean;
}

/** What to do about a dead process. */
export interface RespawnDecision {
  readonly delayMs: number;
  /** What it served counts as failed until a process is ready again. */
  readonly failed: boolean;
}

/**
 * When a dead process is replaced: a worker, one that serves the API, or a mounted application's. One that
 * had served is replaced after 0.1 s: a kill is not a crash loop. One that had not, because it died while it
 * loaded or soon after, is replaced after 0.1, 0.4, 1.6 and 5 s; after five such deaths within 60 s it is failed, and is tried again every 30 s.
 */
export class RespawnPolicy {
  private failures: number[] = [];

  afterDeath(now: number, life: ProcessLife): RespawnDecision {
    if (hadServed(life, now)) return { delayMs: FIRST_DELAY_MS, failed: false };
    this.failures = [...this.failures.filter((at) => now - at < WINDOW_MS), now];
    if (this.failures.length >= MAX_FAILURES) return { delayMs: FAILED_DELAY_MS, failed: true };
    const delayMs = FIRST_DELAY_MS * DELAY_GROWTH ** (this.failures.length - 1);
    return { delayMs: Math.min(delayMs, MAX_DELAY_MS), failed: false };
  }
}

function hadServed({ readyAt = Infinity, hasAnswered = false }: ProcessLife, now: number): boolean {
  return hasAnswered || now - readyAt >= STEADY_MS;
}
