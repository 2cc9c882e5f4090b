/** How often the lag is measured, in milliseconds. */
const INTERVAL_MS = 50;

/**
 * Measures how late the event loop comes to what is due. One pause, such as a garbage collection, is no
 * overload: it lags when it was late twice in a row.
 */
export class EventLoopLag {
  /** Whether it is too late; to be read with each request. */
  isTooLong = false;
  private timer: NodeJS.Timeout | undefined;
  private wasLate = false;

  constructor(private readonly maxMs: number) {}

  start(): void {
    let dueAt = performance.now() + INTERVAL_MS;
    this.timer ??= setInterval(() => {
      const now = performance.now();
      this.sample(now - dueAt);
      dueAt = now + INTERVAL_MS;
    }, INTERVAL_MS).unref();
  }

  /** Takes note of one lag, in milliseconds. */
  sample(lagMs: number): void {
    const isLate = lagMs > this.maxMs;
    this.isTooLong = isLate && this.wasLate;
    this.wasLate = isLate;
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.isTooLong = false;
  }
}
