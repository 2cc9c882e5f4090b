import { BentoError } from 'bentonest/errors';

/** What is mounted is no application that we know, or its options do not fit together. Raised at start. */
export class InvalidMountError extends BentoError {
  static override readonly code = 'INVALID_MOUNT';
  static override readonly statusCode = 500;
}

/** The process of a mounted application did not start: its import or its lifespan failed. */
export class MountStartError extends BentoError {
  static override readonly code = 'MOUNT_START_FAILED';
  static override readonly statusCode = 503;
}

/** The process of a mounted application is down or starting, or it has closed the connection. */
export class MountUnavailableError extends BentoError {
  static override readonly code = 'MOUNT_UNAVAILABLE';
  static override readonly statusCode = 503;

  constructor({ cause }: { cause?: unknown } = {}) {
    super(
      'The application at this path does not answer: it is starting again, or has closed the connection. Try again.',
      { retryAfterMs: 1000, cause },
    );
  }
}

/** A mounted application did not begin its answer in time. */
export class MountTimeoutError extends BentoError {
  static override readonly code = 'MOUNT_TIMEOUT';
  static override readonly statusCode = 504;

  constructor(timeoutMs: number) {
    super(`The application at this path did not begin its answer within ${timeoutMs} ms.`);
  }
}

/** A mounted application broke off its answer, or gave one that is no HTTP. */
export class MountFailedError extends BentoError {
  static override readonly code = 'MOUNT_FAILED';
  static override readonly statusCode = 502;
}

/** The options of a middleware do not fit: a host pattern or an address that could never match. Raised at start. */
export class InvalidMiddlewareError extends BentoError {
  static override readonly code = 'INVALID_MIDDLEWARE';
  static override readonly statusCode = 500;
}
