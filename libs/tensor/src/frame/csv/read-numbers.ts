import { POWERS_OF_TEN } from '../../json/decimal.js';
import type { NumberColumn } from '../cells.js';
import { BLOCK_ROWS, nextTurn } from './next-turn.js';
import { isDelimiter } from './scan-csv.js';
import type { CsvFields } from './scan-csv.js';

const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** So many digits are exact in a double, and so is their quotient by a power of ten. */
const MAX_DIGITS = 15;

// What another module exports is read anew at each use.
const POWERS = POWERS_OF_TEN;

/**
 * A column of plain numbers such as `12` or `-0.25`, straight from the bytes: nearly all columns of
 * numbers are, and a text and a cell for each would take ten times as long.
 *
 * @returns undefined where any cell is something else.
 */
export async function readNumbers(
  fields: CsvFields,
  position: number,
): Promise<Omit<NumberColumn, 'name'> | undefined> {
  const { length } = fields;
  const target = { numbers: new Float64Array(length), hasDecimals: false };
  for (let row = 0; row < length; row += BLOCK_ROWS) {
    const rows = { from: row, to: Math.min(row + BLOCK_ROWS, length) };
    if (!readBlock(fields, position, rows, target)) return undefined;
    if (rows.to < length) await nextTurn();
  }
  return target;
}

function readBlock(
  { bytes, starts, width }: CsvFields,
  position: number,
  { from, to }: { readonly from: number; readonly to: number },
  target: { readonly numbers: Float64Array; hasDecimals: boolean },
): boolean {
  const { numbers } = target;
  for (let row = from; row < to; row++) {
    let at = starts[(row + 1) * width + position];
    let byte = bytes[at];
    const isNegative = byte === MINUS;
    if (isNegative) byte = bytes[++at];
    const first = at;
    let mantissa = 0;
    for (; byte >= ZERO && byte <= NINE; byte = bytes[++at]) mantissa = mantissa * 10 + byte - ZERO;
    let digits = at - first;
    if (digits === 0) return false;
    let value = mantissa;
    if (byte === DOT) {
      target.hasDecimals = true;
      const point = at;
      byte = bytes[++at];
      for (; byte >= ZERO && byte <= NINE; byte = bytes[++at])
        mantissa = mantissa * 10 + byte - ZERO;
      const places = at - point - 1;
      digits += places;
      if (digits <= MAX_DIGITS) value = mantissa / POWERS[places];
    }
    if (digits > MAX_DIGITS || (at < bytes.length && !isDelimiter(byte))) return false;
    numbers[row] = isNegative ? -value : value;
  }
  return true;
}
