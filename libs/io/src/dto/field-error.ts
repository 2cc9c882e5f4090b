import { ValidationError } from '../io.errors.js';

/** One broken rule, as clients read it in `details.errors`. */
export interface FieldError {
  /** Path of the field: `items[0].price`. */
  readonly field: string;
  readonly message: string;
  readonly got: string;
}

/** Names and paths are the client's own: what it sends once is not to come back a hundred times. */
const MAX_NAME = 100;
const MAX_PATH = 300;
const MAX_MESSAGE = 500;

export function joinPath(parent: string, property: string): string {
  const name = shortenName(property);
  if (parent === '') return name;
  const path = /^\d+$/.test(name) ? `${parent}[${name}]` : `${parent}.${name}`;
  return path.length > MAX_PATH ? `…${path.slice(-MAX_PATH)}` : path;
}

export function shortenName(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
}

/** A schema's messages may list the client's own names. */
export function shortenMessage(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
}

/** A list of 100,000 wrong items is told by its first, or the answer would be larger than the body. */
export const MAX_ERRORS = 100;

/** @param total all errors that there are, where `all` has only the first of them. */
export function toValidationError(
  all: readonly FieldError[],
  total: number = all.length,
): ValidationError {
  const errors = all.slice(0, MAX_ERRORS);
  const sentences = errors.map(({ message, got }) => `${message}, got ${got}`);
  const more = total - errors.length;
  if (more > 0) sentences.push(`and ${more} more`);
  return new ValidationError(`${sentences.join('; ')}.`, { details: { errors } });
}
