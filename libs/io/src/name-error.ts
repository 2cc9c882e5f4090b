import { BentoError } from 'bentonest/errors';

/** The same error, saying in which of several values it is. */
export function nameError(name: string, error: unknown): Error {
  if (error instanceof BentoError) error.message = `${name}: ${error.message}`;
  return error as Error;
}
