import { BentoError } from 'bentonest/errors';
import { LOG_LEVELS } from 'bentonest/runner';

/** The process that collects the metrics of all does not answer. */
export class MetricsUnavailableError extends BentoError {
  static override readonly code = 'METRICS_UNAVAILABLE';
  static override readonly statusCode = 503;

  constructor() {
    super('Expected the metrics of all processes of the server, got no answer. Ask again.');
  }
}

/** A level of the log that there is not. */
export class UnknownLogLevelError extends BentoError {
  static override readonly code = 'UNKNOWN_LOG_LEVEL';
  static override readonly statusCode = 400;

  constructor(got: unknown) {
    const shown = typeof got === 'string' ? JSON.stringify(got.slice(0, 40)) : typeof got;
    super(`Expected a level of ${LOG_LEVELS.join(', ')}, got ${shown}.`, {
      details: { levels: LOG_LEVELS },
    });
  }
}
