/** How often the lag is measured, in milliseconds. */
const INTERVAL_MS = 50;

/**
 * Measures how late the event loop comes to what is due. One pause, such as a garbage collection, is no
 * overload: it lags when its last turn was too long, and the one that runs now is as well.
 */
export class EventLoopLag {
  private timer: NodeJS.Timeout | undefined;
  private dueAt = 0;
  private wasLate = false;

  /** @param now milliseconds on a monotonic clock. */
  constructor(
    private readonly maxMs: number,
    private readonly now = () => performance.now(),
  ) {}

  /** To be asked with each request: all that came meanwhile are read in one turn. */
  get isTooLong(): boolean {
    return this.wasLate && this.lag > this.maxMs;
  }

  start(): void {
    this.dueAt = this.now() + INTERVAL_MS;
    this.timer ??= setInterval(() => this.turn(), INTERVAL_MS).unref();
  }

  /** A turn of the event loop has ended, and the next begins. */
  turn(): void {
    this.wasLate = this.lag > this.maxMs;
    this.dueAt = this.now() + INTERVAL_MS;
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.wasLate = false;
  }

  private get lag(): number {
    return this.now() - this.dueAt;
  }
}
