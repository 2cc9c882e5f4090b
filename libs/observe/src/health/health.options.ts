/** Options of the health endpoints. Times are in milliseconds. */
export interface HealthOptions {
  /** Time for an indicator's check; then it counts as not ready. @default 1000 */
  indicatorTimeoutMs?: number;
  /** For how long what an indicator said holds, so that probes put no load on what it asks. @default 1000 */
  indicatorMaxAgeMs?: number;
}

/** Provides the {@link HealthOptions}. */
export const HEALTH_OPTIONS = Symbol('bentonest.health-options');
