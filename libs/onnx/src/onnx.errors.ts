import { BentoError } from 'bentonest/errors';

/** A call does not fit the model's own inputs: name, dtype, rank or a fixed dimension. */
export class ModelInputError extends BentoError {
  static override readonly code = 'INVALID_MODEL_INPUT';
  static override readonly statusCode = 400;
}

/** The model cannot be served as it is; the message has the cure. */
export class UnsupportedModelError extends BentoError {
  static override readonly code = 'UNSUPPORTED_MODEL';
  static override readonly statusCode = 500;
}
