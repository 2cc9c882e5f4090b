import { BentoError } from 'bentonest/errors';

/** A call does not fit the model's own inputs: name, dtype, rank or a fixed dimension. */
export class ModelInputError extends BentoError {
  static override readonly code = 'INVALID_MODEL_INPUT';
  static override readonly statusCode = 400;
}

/** The model cannot be served as it is, or as the options ask for; the message has the cure. */
export class UnsupportedModelError extends BentoError {
  static override readonly code = 'UNSUPPORTED_MODEL';
  static override readonly statusCode = 500;
}

/**
 * onnxruntime could not load the model: its file is damaged, its external data are missing or
 * outside its folder, or an option is refused. The cause has onnxruntime's own words.
 */
export class ModelLoadError extends BentoError {
  static override readonly code = 'MODEL_LOAD_FAILED';
  static override readonly statusCode = 500;
}
