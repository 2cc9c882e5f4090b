import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { ServiceConfigurationError } from 'bentonest/errors';
import { ReadinessCheck } from './readiness-check.js';
import type { IndicatorState } from './readiness-check.js';
import { HEALTH_OPTIONS } from './health.options.js';
import type { HealthOptions } from './health.options.js';

/** Something of the application's own that must be well before it takes requests. */
export interface ReadinessIndicator {
  /** Names it in `/readyz`. */
  readonly name: string;
  /**
   * It is ready when this returns, or resolves, other than with `false`. A BentoError says why it is not,
   * in words that everybody may read; of other errors that there was one, and the log has it.
   */
  readonly check: () => unknown;
  /** Time for the check in milliseconds. @default `indicatorTimeoutMs` of the health options: 1000 */
  readonly timeoutMs?: number;
}

/**
 * What else has to be well for `/readyz` to answer 200. Inject it, and add to it.
 *
 * @example
 * constructor(readiness: ReadinessIndicators, db: Database) {
 *   readiness.add({ name: 'database', check: () => db.ping() });
 * }
 */
@Injectable()
export class ReadinessIndicators {
  private readonly checks = new Map<string, ReadinessCheck>();
  private readonly logger = new Logger('Readiness');

  constructor(@Optional() @Inject(HEALTH_OPTIONS) private readonly options: HealthOptions = {}) {}

  /** @throws ServiceConfigurationError when another indicator has the name. */
  add({ name, check, timeoutMs }: ReadinessIndicator): void {
    if (this.checks.has(name)) {
      throw new ServiceConfigurationError(
        `Readiness indicator "${name}" is added twice. Add it once, or rename one.`,
      );
    }
    const { indicatorTimeoutMs = 1000, indicatorMaxAgeMs = 1000 } = this.options;
    const limits = { timeoutMs: timeoutMs ?? indicatorTimeoutMs, maxAgeMs: indicatorMaxAgeMs };
    this.checks.set(name, new ReadinessCheck({ name, check, ...limits }, this.logger));
  }

  get isEmpty(): boolean {
    return this.checks.size === 0;
  }

  /** How each of them is, or was a moment ago. */
  read(): Promise<readonly IndicatorState[]> {
    return Promise.all([...this.checks.values()].map((check) => check.read()));
  }
}
