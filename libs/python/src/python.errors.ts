import { BentoError } from 'bentonest/errors';

/** The Python environment of a runner could not be made: no interpreter, or a package that is not installed. */
export class PythonEnvironmentError extends BentoError {
  static override readonly code = 'PYTHON_ENVIRONMENT';
  static override readonly statusCode = 503;
}

/** A call does not fit what the model was fitted on: its number of features. */
export class FeatureCountError extends BentoError {
  static override readonly code = 'INVALID_FEATURES';
  static override readonly statusCode = 400;
}
