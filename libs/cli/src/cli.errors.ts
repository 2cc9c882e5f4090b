import { BentoError } from 'bentonest/errors';

/** The command line is not what the command takes. The command ends with exit code 2. */
export class CommandUsageError extends BentoError {
  static override readonly code = 'COMMAND_USAGE';
  static override readonly statusCode = 400;
}

/** A signal came while a command worked, which has cleaned up. The command ends as by that signal. */
export class CommandInterruptedError extends BentoError {
  static override readonly code = 'COMMAND_INTERRUPTED';
  static override readonly statusCode = 499;

  constructor(
    readonly signal: NodeJS.Signals,
    options?: { cause?: unknown },
  ) {
    super('Interrupted: nothing has been kept. Run it again.', options);
  }
}

/** A command could not do what it was asked for. It ends with exit code 1. */
export class CommandFailedError extends BentoError {
  static override readonly code = 'COMMAND_FAILED';
  static override readonly statusCode = 500;
}
