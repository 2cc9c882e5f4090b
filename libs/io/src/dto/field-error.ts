import { ValidationError } from '../io.errors.js';

/** One broken rule, as clients read it in `details.errors`. */
export interface FieldError {
  /** Path of the field: `items[0].price`. */
  readonly field: string;
  readonly message: string;
  readonly got: string;
}

export function joinPath(parent: string, property: string): string {
  if (parent === '') return property;
  return /^\d+$/.test(property) ? `${parent}[${property}]` : `${parent}.${property}`;
}

/** A list of 100,000 wrong items is told by its first, or the answer would be larger than the body. */
const MAX_ERRORS = 100;

export function toValidationError(all: readonly FieldError[]): ValidationError {
  const errors = all.slice(0, MAX_ERRORS);
  const sentences = errors.map(({ message, got }) => `${message}, got ${got}`);
  const more = all.length - errors.length;
  if (more > 0) sentences.push(`and ${more} more`);
  return new ValidationError(`${sentences.join('; ')}.`, { details: { errors } });
}
