import { BentoError } from 'bentonest/errors';

/** A method took longer than its `timeoutMs`. */
export class ApiTimeoutError extends BentoError {
  static override readonly code = 'API_TIMEOUT';
  static override readonly statusCode = 504;

  constructor(timeoutMs: number) {
    super(`Expected an answer within ${timeoutMs} ms, got none. Try again later, or send less.`);
  }
}

/** As many requests run as a `maxConcurrency` allows: of a route, a service or the whole server. */
export class TooManyRequestsError extends BentoError {
  static override readonly code = 'TOO_MANY_REQUESTS';
  static override readonly statusCode = 429;

  /** @param what takes so many requests at a time: `route`, `service` or `server`. */
  constructor(maxConcurrency: number, what: string) {
    super(`Too many requests: this ${what} takes ${maxConcurrency} at a time. Try again later.`, {
      retryAfterMs: 1000,
    });
  }
}

/** The event loop lags further behind than `shedding` allows. */
export class ServerOverloadedError extends BentoError {
  static override readonly code = 'SERVER_OVERLOADED';
  static override readonly statusCode = 503;

  constructor() {
    super('The server has more to do than it can. Try again later.', { retryAfterMs: 1000 });
  }
}

/** The body is compressed in a way that is not read here. */
export class UnsupportedEncodingError extends BentoError {
  static override readonly code = 'UNSUPPORTED_CONTENT_ENCODING';
  static override readonly statusCode = 415;

  constructor(got: string, accepted: readonly string[]) {
    super(
      `Expected a body encoded as one of ${accepted.join(', ')}, got "${got}". Set the content-encoding header.`,
      { details: { got, accepted } },
    );
  }
}

/** The path is served, but not under this method. */
export class MethodNotAllowedError extends BentoError {
  static override readonly code = 'METHOD_NOT_ALLOWED';
  static override readonly statusCode = 405;

  constructor(
    got: string,
    readonly allowed: readonly string[],
  ) {
    super(`Expected a request by ${allowed.join(' or ')}, got ${got}. Use another method.`, {
      details: { got, allowed },
    });
  }
}

/** A request says in no way that all agree on which host it is for. */
export class InvalidHostError extends BentoError {
  static override readonly code = 'INVALID_HOST';
  static override readonly statusCode = 400;

  constructor() {
    super(
      'Expected one Host header, a name or an address with or without a port, that of the target where it names a host. Got none, several, or another.',
    );
  }
}
