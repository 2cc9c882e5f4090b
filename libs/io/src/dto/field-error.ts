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

export function toValidationError(errors: readonly FieldError[]): ValidationError {
  const sentences = errors.map(({ message, got }) => `${message}, got ${got}`);
  return new ValidationError(`${sentences.join('; ')}.`, { details: { errors } });
}
