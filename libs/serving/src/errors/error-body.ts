import { STATUS_CODES } from 'node:http';
import { codeOfStatus } from './status-codes.js';

type Details = Readonly<Record<string, unknown>>;

/** The body of every error answer. */
export interface ErrorBody {
  readonly statusCode: number;
  /** The status in words. */
  readonly error: string;
  readonly message: string;
  /** Stable code, with a heading in docs/errors.md. */
  readonly errorCode: string;
  readonly details?: Details;
  readonly requestId: string;
}

/** What a client is told of an error. */
export interface PublicError {
  readonly statusCode: number;
  readonly message: string;
  /** @default by the status */
  readonly errorCode?: string;
  /** @default the status in words */
  readonly error?: string;
  readonly details?: Details;
  readonly retryAfterMs?: number;
}

/** The JSON text of an error's body. */
export function stringifyErrorBody(error: PublicError, requestId: string): string {
  const body = toErrorBody(error, requestId);
  try {
    return JSON.stringify(body);
  } catch {
    // Details of a user's own may be circular or hold a bigint; the rest is told all the same.
    return JSON.stringify({ ...body, details: undefined });
  }
}

export function phraseOf(statusCode: number): string {
  if (statusCode === 499) return 'Client Closed Request';
  return STATUS_CODES[statusCode] ?? 'Error';
}

function toErrorBody(told: PublicError, requestId: string): ErrorBody {
  const { statusCode, message, details } = told;
  const { error = phraseOf(statusCode), errorCode = codeOfStatus(statusCode) } = told;
  return {
    statusCode,
    error,
    message,
    errorCode,
    ...(details === undefined ? {} : { details }),
    requestId,
  };
}
