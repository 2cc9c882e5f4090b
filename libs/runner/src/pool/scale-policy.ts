import type { WorkerBounds } from '../runner.options.js';

/** A queue that holds this long without a free worker asks for one more. */
const PRESSURE_MS = 1_000;
const DEFAULT_IDLE_MS = 30_000;

/** How loaded a runner is at a moment. */
export interface LoadSample {
  readonly now: number;
  /** Calls that wait. */
  readonly depth: number;
  readonly busy: number;
  readonly workers: number;
}

/**
 * How many workers a runner has between `min` and `max`: one more when calls have waited with all
 * workers busy for a second, one less when a worker has been idle for `idleMs`.
 */
export class ScalePolicy {
  private pressedSince: number | undefined;
  private idleSince: number | undefined;

  constructor(private readonly bounds: WorkerBounds) {}

  /** The number of workers that the load asks for now. */
  decide({ now, depth, busy, workers }: LoadSample): number {
    const { min, max, idleMs = DEFAULT_IDLE_MS } = this.bounds;
    const isPressed = depth > 0 && busy >= workers;
    this.pressedSince = isPressed ? (this.pressedSince ?? now) : undefined;
    this.idleSince = depth === 0 && busy < workers ? (this.idleSince ?? now) : undefined;
    if (this.pressedSince !== undefined && now - this.pressedSince >= PRESSURE_MS) {
      this.pressedSince = now;
      return Math.min(max, workers + 1);
    }
    if (this.idleSince !== undefined && now - this.idleSince >= idleMs) {
      this.idleSince = now;
      return Math.max(min, workers - 1);
    }
    return workers;
  }
}
