/** Time as the dispatcher sees it, so that its rules are tested without sleeping. */
export interface Clock {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Runs `callback` after what is already queued on the event loop. */
  defer(callback: () => void): void;
  setTimer(callback: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
}

/** Node's own timers; a waiting timer does not keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  defer: (callback) => void setImmediate(callback),
  setTimer: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Resolves when somebody calls what it adds to `callbacks`, or after a time. */
export function calledOrLate(
  callbacks: (() => void)[],
  timeoutMs: number,
  clock: Clock,
): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(resolve, timeoutMs);
    callbacks.push(() => {
      clock.clearTimer(timer);
      resolve();
    });
  });
}
