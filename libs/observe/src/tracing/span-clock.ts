/** Beyond it the time of day was set, or has drifted from the process's own clock. */
const MAX_DRIFT_MS = 5;

/**
 * The time of day of the process's monotonic clock, one for all spans. OpenTelemetry's SDK takes the
 * difference of the two anew for each span, in whole milliseconds: parts of a request would seem to
 * begin before the ones they follow.
 */
export class SpanClock {
  private offset = performance.timeOrigin;

  now(): number {
    return this.at(performance.now());
  }

  /** @returns Unix time in milliseconds of a moment of `performance.now()`. */
  at(moment: number): number {
    const drift = Date.now() - (performance.now() + this.offset);
    if (Math.abs(drift) > MAX_DRIFT_MS) this.offset += drift;
    return moment + this.offset;
  }
}
