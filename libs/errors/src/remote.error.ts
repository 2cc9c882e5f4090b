import { BentoError } from './bento.error.js';

/** An error as it crosses a process boundary: never a stack, never a class to instantiate. */
export interface ErrorMessage {
  /** Name of its class, for the log. */
  readonly name?: string;
  readonly code: string;
  readonly statusCode: number;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryAfterMs?: number;
}

export function toErrorMessage(error: BentoError): ErrorMessage {
  const { name, code, statusCode, message, details, retryAfterMs } = error;
  return {
    name,
    code,
    statusCode,
    message,
    ...(details === undefined ? {} : { details }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/**
 * A BentoError that was raised in another process, with its own code, status, message and details.
 * `instanceof` its original class holds by the code, so that user-defined errors cross as well.
 */
export class RemoteError extends BentoError {
  static override readonly code = 'REMOTE';
  static override readonly statusCode = 500;
  override readonly crossedBoundary = true;
  override readonly code: string;
  override readonly statusCode: number;

  constructor(received: ErrorMessage) {
    const { details, retryAfterMs } = received;
    super(received.message, { details, retryAfterMs });
    this.name = received.name ?? 'RemoteError';
    this.code = received.code;
    this.statusCode = received.statusCode;
  }
}
