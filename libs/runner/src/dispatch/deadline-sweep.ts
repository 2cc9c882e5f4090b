import type { Call } from './call.js';
import type { Clock } from './clock.js';

/** Deadlines are met to within this time, in milliseconds: it bounds how often calls are walked. */
const RESOLUTION_MS = 10;

/**
 * One timer for all deadlines, because a timer per call costs more than the call's dispatch.
 * `sweep` fails what has expired and returns the earliest deadline left, or Infinity.
 */
export class DeadlineSweep {
  private timer: unknown;
  private timerAt = Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly sweep: (now: number) => number,
  ) {}

  watch(deadline: number): void {
    if (deadline >= this.timerAt) return;
    this.stop();
    this.timerAt = deadline;
    const delayMs = Math.max(RESOLUTION_MS, deadline - this.clock.now());
    this.timer = this.clock.setTimer(() => this.fire(), delayMs);
  }

  stop(): void {
    if (this.timer !== undefined) this.clock.clearTimer(this.timer);
    this.timer = undefined;
    this.timerAt = Infinity;
  }

  private fire(): void {
    this.timer = undefined;
    this.timerAt = Infinity;
    this.watch(this.sweep(this.clock.now()));
  }
}

/** Has the calls expire whose time is over; the earliest deadline of the others, or Infinity. */
export function expireDue(
  calls: Iterable<{ readonly call: Call }>,
  now: number,
  expire: (call: Call) => void,
): number {
  let earliest = Infinity;
  for (const { call } of calls) {
    if (call.isSettled) continue;
    if (call.deadline > now) earliest = Math.min(earliest, call.deadline);
    else expire(call);
  }
  return earliest;
}
