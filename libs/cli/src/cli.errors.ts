import { BentoError } from 'bentonest/errors';

/** The command line is not what the command takes. The command ends with exit code 2. */
export class CommandUsageError extends BentoError {
  static override readonly code = 'COMMAND_USAGE';
  static override readonly statusCode = 400;
}

/** A command could not do what it was asked for. It ends with exit code 1. */
export class CommandFailedError extends BentoError {
  static override readonly code = 'COMMAND_FAILED';
  static override readonly statusCode = 500;
}
