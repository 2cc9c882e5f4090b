import { BentoError } from './bento.error.js';

/** An error as it crosses a process boundary: never a stack, never a class name to instantiate. */
export interface ErrorMessage {
  readonly code: string;
  readonly statusCode: number;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export function toErrorMessage(error: BentoError): ErrorMessage {
  const { code, statusCode, message, details } = error;
  return details === undefined
    ? { code, statusCode, message }
    : { code, statusCode, message, details };
}

/**
 * A BentoError that was raised in another process, with its own code, status, message and details.
 * Errors are told apart by `code`, not by class, so that user-defined ones cross as well.
 */
export class RemoteError extends BentoError {
  static override readonly code = 'REMOTE';
  static override readonly statusCode = 500;
  override readonly code: string;
  override readonly statusCode: number;

  constructor(received: ErrorMessage) {
    super(received.message, { details: received.details });
    this.code = received.code;
    this.statusCode = received.statusCode;
  }
}
