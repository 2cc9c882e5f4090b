import { BentoError } from 'bentonest/errors';

/** The configuration has a key or a value that is none; raised at start. */
export class ConfigError extends BentoError {
  static override readonly code = 'CONFIGURATION';
  static override readonly statusCode = 500;

  /** @param faults a line for each, with its place: the file and line, or the variable. */
  constructor(faults: readonly string[]) {
    super(faults.join('\n'), { details: { faults } });
  }
}
