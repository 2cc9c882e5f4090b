import { describeName } from '../column-names.js';
import { InvalidDataFrameError } from '../tensor.errors.js';

/** A value that does not belong where it stands. */
export function invalidCell(
  expected: string,
  got: string,
  place: { readonly column: string; readonly row: number },
): InvalidDataFrameError {
  const { column, row } = place;
  return new InvalidDataFrameError(
    `Expected ${expected} in row ${row} of column ${describeName(column)}, got ${got}.`,
    { details: { column, row } },
  );
}

/** Bytes that are not of the format, or of a part of it that is not read here. */
export function malformedFrame(message: string, cause?: unknown): InvalidDataFrameError {
  return new InvalidDataFrameError(message, cause === undefined ? {} : { cause });
}

/** Cells that any body may hold: 32 MiB of float64. */
const MIN_LIMIT = 2 ** 22;
/** A bit per cell is what the densest format takes. */
const CELLS_PER_BYTE = 8;

/**
 * Bounds rows × columns by the size of the body, for where a format lets a few bytes stand for many
 * cells: absent keys, runs, dictionaries.
 *
 * @throws InvalidDataFrameError
 */
export function checkCellCount(rows: number, columns: number, bytes: number): void {
  const limit = Math.max(MIN_LIMIT, CELLS_PER_BYTE * bytes);
  if (rows * columns <= limit) return;
  throw new InvalidDataFrameError(
    `Expected at most ${limit} cells in a body of ${bytes} bytes, got ${rows} rows of ${columns} columns. Send fewer rows at a time.`,
    { details: { rows, columns } },
  );
}
