import { BentoError } from 'bentonest/errors';

/** Text is no tag: `name` or `name:version`, each by the grammar of {@link Tag}. */
export class InvalidTagError extends BentoError {
  static override readonly code = 'INVALID_TAG';
  static override readonly statusCode = 400;
}

/** The store has no such model or version, or there is no such .onnx file. */
export class ModelNotFoundError extends BentoError {
  static override readonly code = 'MODEL_NOT_FOUND';
  static override readonly statusCode = 404;
}

/** The store has the model, but what it holds is broken, incomplete or leaves the store. */
export class InvalidModelError extends BentoError {
  static override readonly code = 'INVALID_MODEL';
  static override readonly statusCode = 500;
}
