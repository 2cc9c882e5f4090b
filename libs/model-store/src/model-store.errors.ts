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

/** A model of that name and version is in the store already. */
export class ModelExistsError extends BentoError {
  static override readonly code = 'MODEL_EXISTS';
  static override readonly statusCode = 409;
}

/** The disk of the store, or of an export, is full, read-only, or not ours to write to. Nothing half-written is left. */
export class StoreNotWritableError extends BentoError {
  static override readonly code = 'STORE_NOT_WRITABLE';
  static override readonly statusCode = 507;
}

/** What should become a model's files cannot: a link, a name that leaves the folder, nothing at all. */
export class InvalidModelSourceError extends BentoError {
  static override readonly code = 'INVALID_MODEL_SOURCE';
  static override readonly statusCode = 400;
}

/** An archive is damaged, or has an entry that an archive of a model has not. */
export class InvalidArchiveError extends BentoError {
  static override readonly code = 'INVALID_ARCHIVE';
  static override readonly statusCode = 400;
}

/** A file of a model is not the one that was saved. */
export class DigestMismatchError extends BentoError {
  static override readonly code = 'DIGEST_MISMATCH';
  static override readonly statusCode = 500;
}

/** An S3-compatible server did not give or take a model. */
export class ModelTransferError extends BentoError {
  static override readonly code = 'MODEL_TRANSFER';
  static override readonly statusCode = 502;
}

/** A file is no ONNX model, or the half of one. */
export class InvalidOnnxFileError extends BentoError {
  static override readonly code = 'INVALID_ONNX_FILE';
  static override readonly statusCode = 400;
}
