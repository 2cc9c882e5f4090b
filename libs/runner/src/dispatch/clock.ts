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
