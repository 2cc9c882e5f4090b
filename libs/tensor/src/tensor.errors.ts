import { BentoError } from 'bentonest/errors';

/** The elements do not fill the shape, or shapes do not fit each other. */
export class ShapeMismatchError extends BentoError {
  static override readonly code = 'SHAPE_MISMATCH';
  static override readonly statusCode = 400;
}

/** A dtype was expected and another came that may not be cast to it. */
export class DTypeMismatchError extends BentoError {
  static override readonly code = 'DTYPE_MISMATCH';
  static override readonly statusCode = 400;
}

/** Nested values or JSON are no array: ragged, too deep, of another kind, or out of the dtype's range. */
export class InvalidNdArrayError extends BentoError {
  static override readonly code = 'INVALID_NDARRAY';
  static override readonly statusCode = 400;
}

/** Rows or columns are no table: of different lengths, or values of different kinds in a column. */
export class InvalidDataFrameError extends BentoError {
  static override readonly code = 'INVALID_DATAFRAME';
  static override readonly statusCode = 400;
}

/** Bytes are no `.npy` file, or one that is not read here. */
export class NpyFormatError extends BentoError {
  static override readonly code = 'INVALID_NPY';
  static override readonly statusCode = 400;
}

/** A result holds NaN or an infinity, which JSON cannot write. */
export class NonFiniteError extends BentoError {
  static override readonly code = 'NON_FINITE';
  static override readonly statusCode = 500;
}
