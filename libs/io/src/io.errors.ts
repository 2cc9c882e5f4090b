import { BentoError } from 'bentonest/errors';
import type { BentoErrorOptions } from 'bentonest/errors';

/** The body is not what the descriptor describes: its syntax, shape or dtype. */
export class InvalidBodyError extends BentoError {
  static override readonly code = 'INVALID_BODY';
  static override readonly statusCode = 400;
}

/** Fields of the body break the rules of its DTO or schema; `details.errors` lists each. */
export class ValidationError extends BentoError {
  static override readonly code = 'VALIDATION_FAILED';
  static override readonly statusCode = 400;
}

/** A body, a part of a form or a file is larger than its limit, or a form has too many parts. */
export class BodyTooLargeError extends BentoError {
  static override readonly code = 'BODY_TOO_LARGE';
  static override readonly statusCode = 413;
}

/** The client went away before its body was complete. Nobody reads the answer. */
export class BodyAbortedError extends BentoError {
  static override readonly code = 'BODY_ABORTED';
  static override readonly statusCode = 499;

  constructor(options: BentoErrorOptions = {}) {
    super('The client closed the connection before its body was complete.', options);
  }
}

/** The body's media type is none that the descriptor reads. */
export class UnsupportedMediaTypeError extends BentoError {
  static override readonly code = 'UNSUPPORTED_MEDIA_TYPE';
  static override readonly statusCode = 415;

  constructor(got: string, accepted: readonly string[]) {
    super(
      `Expected a body of type ${accepted.join(' or ')}, got ${got}. Set the content-type header.`,
      { details: { got, accepted } },
    );
  }
}

/** The service method returned what its output descriptor cannot write. */
export class UnencodableResultError extends BentoError {
  static override readonly code = 'UNENCODABLE_RESULT';
  static override readonly statusCode = 500;

  constructor(kind: string, expected: string, got: string, options: BentoErrorOptions = {}) {
    super(
      `The service must return ${expected} for its output ${kind}(), got ${got}. Change the method or its output descriptor.`,
      options,
    );
  }
}
