import { BentoError } from 'bentonest/errors';
import { LOG_LEVELS } from 'bentonest/runner';

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
