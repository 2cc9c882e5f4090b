const WINDOW_MS = 60_000;
const MAX_FAILURES = 5;
const FIRST_DELAY_MS = 100;
const DELAY_GROWTH = 4;
const MAX_DELAY_MS = 5_000;
const FAILED_DELAY_MS = 30_000;

/** What to do about a dead worker. */
export interface RespawnDecision {
  readonly delayMs: number;
  /** The runner counts as failed until a worker is ready again. */
  readonly failed: boolean;
}

/**
 * When a dead worker is replaced. One that had served is replaced at once: a kill is not a crash
 * loop. One that had not, because it died while it loaded or soon after, is replaced after 0.1, 0.4, 1.6
 * and 5 s; after five such deaths within 60 s the runner is failed, and is tried again every 30 s.
 */
export class RespawnPolicy {
  private failures: number[] = [];

  afterDeath(now: number, hadServed: boolean): RespawnDecision {
    if (hadServed) return { delayMs: FIRST_DELAY_MS, failed: false };
    this.failures = [...this.failures.filter((at) => now - at < WINDOW_MS), now];
    if (this.failures.length >= MAX_FAILURES) return { delayMs: FAILED_DELAY_MS, failed: true };
    const delayMs = FIRST_DELAY_MS * DELAY_GROWTH ** (this.failures.length - 1);
    return { delayMs: Math.min(delayMs, MAX_DELAY_MS), failed: false };
  }
}
