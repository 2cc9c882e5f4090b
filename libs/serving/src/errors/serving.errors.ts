import { BentoError } from 'bentonest/errors';

/** A method took longer than its `timeoutMs`. */
export class ApiTimeoutError extends BentoError {
  static override readonly code = 'API_TIMEOUT';
  static override readonly statusCode = 504;

  constructor(timeoutMs: number) {
    super(`Expected an answer within ${timeoutMs} ms, got none. Try again later, or send less.`);
  }
}

/** As many requests of a method run as its `maxConcurrency` allows. */
export class TooManyRequestsError extends BentoError {
  static override readonly code = 'TOO_MANY_REQUESTS';
  static override readonly statusCode = 429;

  constructor(maxConcurrency: number) {
    super(`Expected at most ${maxConcurrency} of these requests at a time. Try again later.`, {
      retryAfterMs: 1000,
    });
  }
}
