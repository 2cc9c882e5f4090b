import { FLOAT_OVERFLOW, allocate, integerRange, isFloat, isInteger } from '../dtype.js';
import type { DType, TensorData } from '../dtype.js';
import { numberToFloat16 } from '../float16.js';
import { NdArray } from '../nd-array.js';
import { indexOf } from '../nested.js';
import { InvalidNdArrayError, ShapeMismatchError } from '../tensor.errors.js';
import { exactInteger } from './decimal.js';
import { outOfRange } from './json-errors.js';
import { scan } from './scan.js';
import type { LeafKind, Scan } from './scan-result.js';

/** Options of {@link parseJsonNdArray}. */
export interface JsonNdArrayOptions {
  /** Without it, integers become int64, other numbers float64, booleans bool and strings string. */
  dtype?: DType;
  /** Deepest nesting that is read, at most 32. @default 32 */
  maxDepth?: number;
}

/**
 * Reads nested JSON lists in a single pass over the bytes. Every number is rounded correctly to a
 * double, and from there to the dtype, as numpy does; integers of 64 bits are exact.
 *
 * @throws InvalidNdArrayError that names the index of what is ragged, too deep, of another kind, or
 * out of the dtype's range, or the byte where the JSON ends to be JSON.
 */
export function parseJsonNdArray(bytes: Uint8Array, options: JsonNdArrayOptions = {}): NdArray {
  const { dtype, maxDepth } = options;
  const found =
    dtype === undefined
      ? scan(bytes, { maxDepth })
      : scan(bytes, {
          kind: kindOf(dtype),
          maxDepth,
          keepsText: isInteger(dtype),
          toFloat32: dtype === 'float32',
        });
  const chosen = dtype ?? inferDType(found);
  const data = toData(found, chosen);
  return found.length === 0
    ? withoutElements(chosen, data, found.shape)
    : new NdArray(chosen, data, found.shape);
}

/** Of all the shapes that JSON can have, only one without elements may be refused. */
function withoutElements(dtype: DType, data: TensorData, shape: readonly number[]): NdArray {
  try {
    return new NdArray(dtype, data, shape);
  } catch (error) {
    if (error instanceof ShapeMismatchError) throw new InvalidNdArrayError(error.message);
    throw error;
  }
}

function kindOf(dtype: DType): LeafKind {
  if (dtype === 'string') return 'string';
  return dtype === 'bool' ? 'boolean' : 'number';
}

/** `-9223372036854775808`; JSON allows no zeros before it. */
const MAX_INT64_TEXT = 20;

function inferDType({ kind, allIntegers, length, inexact }: Scan): DType {
  if (kind === 'string') return 'string';
  if (kind === 'boolean') return 'bool';
  if (!allIntegers || length === 0) return 'float64';
  const [min, max] = integerRange('int64');
  for (const text of inexact.values()) {
    if (text.length > MAX_INT64_TEXT) return 'float64';
    const value = BigInt(text);
    if (value < min || value > max) return 'float64';
  }
  return 'int64';
}

function toData(found: Scan, dtype: DType): TensorData {
  if (dtype === 'string') return found.strings;
  if (dtype === 'bool') return new Uint8Array(found.numbers.subarray(0, found.length));
  return isFloat(dtype) ? toFloats(found, dtype) : toIntegers(found, dtype);
}

/** The greatest of each, as a message shows it. */
const GREATEST: Readonly<Record<string, string>> = {
  float16: '65504',
  float32: '3.4028235e38',
  float64: '1.7976931348623157e308',
};

function toFloats(found: Scan, dtype: DType): TensorData {
  const { numbers, length, largest } = found;
  const least = FLOAT_OVERFLOW[dtype];
  if (largest >= least) {
    const position = numbers.findIndex((value) => Math.abs(value) >= least);
    throw invalid(found, position, `a number of at most ±${GREATEST[dtype]} (${dtype})`);
  }
  if (dtype === 'float32') return toFloat32(numbers, length);
  if (dtype === 'float64') return numbers.slice(0, length);
  const bits = new Uint16Array(length);
  for (let position = 0; position < length; position++) {
    bits[position] = numberToFloat16(numbers[position]);
  }
  return bits;
}

/** Up to here a loop beats the built-in copy, which costs a view and a call of the runtime. */
const LOOP_LENGTH = 64;

function toFloat32(numbers: Float64Array, length: number): Float32Array {
  if (length > LOOP_LENGTH) return new Float32Array(numbers.subarray(0, length));
  const data = new Float32Array(length);
  for (let position = 0; position < length; position++) data[position] = numbers[position];
  return data;
}

function toIntegers(found: Scan, dtype: DType): TensorData {
  const { numbers, length, inexact } = found;
  const [min, max] = integerRange(dtype);
  const isBig = dtype.endsWith('64');
  const data = allocate(dtype, length) as TensorData & Record<number, number | bigint>;
  const [least, greatest] = [Number(min), Number(max)];
  const allExact = inexact.size === 0;
  for (let position = 0; position < length; position++) {
    const number = numbers[position];
    const text = allExact ? undefined : inexact.get(position);
    const integer = text === undefined ? undefined : exactInteger(text);
    const isWhole = text === undefined ? Number.isInteger(number) : integer !== undefined;
    if (!isWhole) throw invalid(found, position, `a whole number (${dtype})`);
    const fits =
      integer === undefined
        ? number >= least && (isBig ? number < greatest : number <= greatest)
        : integer >= min && integer <= max;
    if (!fits) throw invalid(found, position, `a whole number from ${min} to ${max} (${dtype})`);
    data[position] = isBig ? (integer ?? BigInt(number)) : Number(integer ?? number);
  }
  return data;
}

function invalid({ numbers, shape, inexact }: Scan, position: number, expected: string): Error {
  const got = inexact.get(position) ?? String(numbers[position]);
  return outOfRange(expected, got, indexOf(position, shape));
}
