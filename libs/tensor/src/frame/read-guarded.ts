import { BentoError } from 'bentonest/errors';
import { malformedFrame } from './frame-errors.js';

/**
 * Runs a library's reader: what it throws of itself says that the bytes are not of its format.
 *
 * @throws InvalidDataFrameError with the message, and whatever BentoError is thrown inside.
 */
export async function readGuarded<T>(message: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw cause instanceof BentoError ? cause : malformedFrame(message, cause);
  }
}

/** What pandas calls its row labels where it writes them as a column. */
const INDEX_COLUMN = /^__index_level_\d+__$/;

/** True for a column of pandas' row labels: a DataFrame has none. */
export function isIndexColumn(name: string): boolean {
  return INDEX_COLUMN.test(name);
}
