import { IS_LITTLE_ENDIAN_HOST } from '../byte-order.js';
import { FLOAT_OVERFLOW, allocate, integerRange, isFloat } from '../dtype.js';
import type { DType, TensorData } from '../dtype.js';
import { numberToFloat16 } from '../float16.js';
import { exactInteger } from '../json/decimal.js';
import { NdArray } from '../nd-array.js';
import type { InvalidDataFrameError } from '../tensor.errors.js';
import { shorten } from '../shorten.js';
import { invalidCell } from './frame-errors.js';

/** A number whose double may not be exact, or is infinite: what it becomes depends on the dtype. */
export class DecimalText {
  constructor(readonly text: string) {}
}

/** A cell before its column has a dtype; undefined and null are missing. */
export type FrameCell = number | bigint | boolean | string | DecimalText | null | undefined;

/** The cells of a column, before it has a dtype. */
export interface CellColumn {
  readonly name: string;
  readonly cells: readonly FrameCell[];
  /** Some number was written with a fraction or an exponent: `1.0` makes a column of floats. */
  readonly hasDecimals: boolean;
}

/** A column of which every cell is a plain number within ±2^53. */
export interface NumberColumn {
  readonly name: string;
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly hasDecimals: boolean;
}

/** `-9223372036854775808`, and `18446744073709551615`. */
const MAX_INTEGER_TEXT = 20;
/** So many characters have at most 15 digits beside a point, which a double keeps. */
const MAX_EXACT_TEXT = 16;
/** Longer than `-0.0`, it may be a number too small for a double. */
const MAX_ZERO_TEXT = 4;

/** The cell of a number's text: a plain number wherever that says the same. */
export function numberCell(text: string, isDecimal: boolean): number | bigint | DecimalText {
  const value = Number(text);
  const isBeyond = Math.abs(value) > Number.MAX_SAFE_INTEGER;
  if (!isDecimal) {
    if (!isBeyond) return value;
    return text.length > MAX_INTEGER_TEXT ? new DecimalText(text) : BigInt(text);
  }
  const isVague =
    isBeyond || text.length > MAX_EXACT_TEXT || (value === 0 && text.length > MAX_ZERO_TEXT);
  return isVague ? new DecimalText(text) : value;
}

/**
 * The cells as an array of the dtype, or of the one that they have of themselves. Missing cells are
 * NaN in a column of floats; a column of integers in which some are missing becomes one.
 *
 * @throws InvalidDataFrameError naming row and column of what does not belong.
 */
export function cellsToArray(column: CellColumn, dtype = inferDType(column)): NdArray {
  return convertCells(column.name, column.cells, dtype);
}

/** The same of plain numbers, which need no cell each. */
export function numbersToArray(
  { name, numbers, hasDecimals }: NumberColumn,
  dtype: DType = hasDecimals ? 'float64' : 'int64',
): NdArray {
  if (dtype === 'float64') return new NdArray(dtype, numbers, [numbers.length]);
  const isExact = dtype === 'int64' && !hasDecimals && IS_LITTLE_ENDIAN_HOST;
  return isExact
    ? new NdArray(dtype, toInt64(numbers), [numbers.length])
    : convertCells(name, numbers, dtype);
}

/** Integers within ±2^53 by their halves: a bigint for each would take ten times as long. */
function toInt64(numbers: Float64Array): BigInt64Array {
  const data = new BigInt64Array(numbers.length);
  const halves = new Int32Array(data.buffer);
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i];
    // Bitwise operators take a number modulo 2^32.
    halves[2 * i] = number | 0;
    halves[2 * i + 1] = Math.floor(number / 2 ** 32);
  }
  return data;
}

function convertCells(name: string, cells: ArrayLike<FrameCell>, dtype: DType): NdArray {
  const data = allocate(dtype, cells.length) as TensorData & Record<number, unknown>;
  const convert = converterTo(dtype);
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row];
    const value = convert(cell);
    if (value === undefined) throw refusal(cell, dtype, { column: name, row });
    data[row] = value;
  }
  return new NdArray(dtype, data, [cells.length]);
}

/** What a column holds of a cell; undefined for what it cannot hold. */
type Convert = (cell: FrameCell) => number | bigint | string | undefined;

function converterTo(dtype: DType): Convert {
  if (dtype === 'string') return (cell) => (typeof cell === 'string' ? cell : undefined);
  if (dtype === 'bool') return (cell) => (typeof cell === 'boolean' ? Number(cell) : undefined);
  if (isFloat(dtype)) return floatConverter(dtype);
  const [min, max] = integerRange(dtype);
  const isBig = dtype.endsWith('64');
  const [least, greatest] = [Number(min), Number(max)];
  return (cell) => {
    if (typeof cell === 'number') {
      // Whole numbers among `number` cells are safe, so that the ends of 64 bits do not matter here.
      if (!Number.isInteger(cell) || cell < least || cell > greatest) return undefined;
      return isBig ? BigInt(cell) : cell;
    }
    const integer = cell instanceof DecimalText ? exactInteger(cell.text) : cell;
    if (typeof integer !== 'bigint' || integer < min || integer > max) return undefined;
    return isBig ? integer : Number(integer);
  };
}

function floatConverter(dtype: DType): Convert {
  const overflow = FLOAT_OVERFLOW[dtype];
  const store = dtype === 'float16' ? numberToFloat16 : (value: number): number => value;
  return (cell) => {
    if (cell === null || cell === undefined) return store(NaN);
    const isText = cell instanceof DecimalText;
    if (!isText && typeof cell !== 'number' && typeof cell !== 'bigint') return undefined;
    const value = Number(isText ? cell.text : cell);
    // An infinity that was written as one may pass, a number that is beyond the dtype may not.
    if (Math.abs(value) >= overflow && (isText || Number.isFinite(value))) return undefined;
    return store(value);
  };
}

function refusal(
  cell: FrameCell,
  dtype: DType,
  place: { readonly column: string; readonly row: number },
): InvalidDataFrameError {
  const isMissing = cell === null || cell === undefined;
  const cure = isMissing ? ': only columns of floats may have gaps' : '';
  return invalidCell(expectation(dtype), `${describeCell(cell)}${cure}`, place);
}

function expectation(dtype: DType): string {
  if (dtype === 'string') return 'a string';
  if (dtype === 'bool') return 'true or false';
  if (isFloat(dtype)) return `a number (${dtype})`;
  const [min, max] = integerRange(dtype);
  return `a whole number from ${min} to ${max} (${dtype})`;
}

/** A cell as a message shows it. */
export function describeCell(cell: FrameCell): string {
  if (cell === null) return 'null';
  if (cell === undefined) return 'nothing';
  if (cell instanceof DecimalText) return `the number ${shorten(cell.text)}`;
  if (typeof cell === 'string') return `the string ${JSON.stringify(shorten(cell))}`;
  return typeof cell === 'boolean' ? String(cell) : `the number ${shorten(String(cell))}`;
}

/**
 * The dtype that the first cell calls for; the others are held to it. Integers that float64 would
 * change are refused, should gaps or fractions among them ask for float64.
 */
function inferDType(column: CellColumn): DType {
  const { cells, hasDecimals } = column;
  const first = cells.find((cell) => cell !== null && cell !== undefined);
  if (typeof first === 'string') return 'string';
  if (typeof first === 'boolean') return 'bool';
  if (first === undefined) return 'float64';
  const big = cells.filter((cell) => typeof cell === 'bigint' || cell instanceof DecimalText);
  const isWhole = !hasDecimals && !cells.some((cell) => cell === null || cell === undefined);
  if (isWhole) {
    if (big.every((cell) => fits(cell, 'int64'))) return 'int64';
    if (cells.every((cell) => (typeof cell === 'number' && cell >= 0) || fits(cell, 'uint64'))) {
      return 'uint64';
    }
  }
  checkExact(column);
  return 'float64';
}

function fits(cell: FrameCell, dtype: DType): boolean {
  const [min, max] = integerRange(dtype);
  return typeof cell === 'bigint' && cell >= min && cell <= max;
}

function checkExact({ name, cells }: CellColumn): void {
  const row = cells.findIndex((cell) => typeof cell === 'bigint' && BigInt(Number(cell)) !== cell);
  if (row === -1) return;
  throw invalidCell(
    'a number that float64 holds exactly, as other rows are missing, fractions or beyond int64,',
    `${describeCell(cells[row])}. Give the column a dtype, or send it as strings`,
    { column: name, row },
  );
}
