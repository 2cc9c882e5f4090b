import { allocate, integerRange, isFloat } from './dtype.js';
import type { DType, TensorData } from './dtype.js';
import { float16ToNumber, numberToFloat16 } from './float16.js';
import { indexOf } from './nested.js';
import type { Leaf } from './nested.js';
import { describeIndex } from './shape.js';
import { InvalidNdArrayError } from './tensor.errors.js';

/** Where an element stands, for messages. */
interface Place {
  readonly position: number;
  readonly shape: readonly number[];
}

/**
 * Values as the elements of a dtype.
 *
 * @throws InvalidNdArrayError that names the index of a value of another kind or out of range.
 */
export function toData(
  values: ArrayLike<Leaf>,
  dtype: DType,
  shape: readonly number[],
): TensorData {
  const data = allocate(dtype, values.length) as Leaf[] | TensorData;
  const convert = converterTo(dtype);
  for (let position = 0; position < values.length; position++) {
    data[position] = convert(values[position], { position, shape });
  }
  return data as TensorData;
}

type Convert = (value: Leaf, place: Place) => Leaf;

function converterTo(dtype: DType): Convert {
  if (dtype === 'string') return (value, place) => expectKind(value, 'string', place);
  if (dtype === 'bool') return (value, place) => (expectKind(value, 'boolean', place) ? 1 : 0);
  if (isFloat(dtype)) return floatConverter(dtype);
  const [min, max] = integerRange(dtype);
  const isBig = dtype.endsWith('64');
  return (value, place) => {
    const integer = toInteger(value, dtype, place);
    if (integer >= min && integer <= max) return isBig ? integer : Number(integer);
    throw invalid(`a whole number from ${min} to ${max} (${dtype})`, value, place);
  };
}

const LARGEST_FLOAT16 = 65504;

function floatConverter(dtype: DType): Convert {
  const round: (value: number) => number =
    dtype === 'float32'
      ? Math.fround
      : dtype === 'float16'
        ? (value) => float16ToNumber(numberToFloat16(value))
        : (value) => value;
  return (value, place) => {
    const number = typeof value === 'boolean' ? Number(value) : value;
    if (typeof number === 'string') throw invalid('a number', value, place);
    const wide = Number(number);
    const rounded = round(wide);
    if (Number.isFinite(wide) && !Number.isFinite(rounded)) {
      const limit = dtype === 'float16' ? String(LARGEST_FLOAT16) : '3.4e38';
      throw invalid(`a number of at most ±${limit} (${dtype})`, value, place);
    }
    return dtype === 'float16' ? numberToFloat16(wide) : rounded;
  };
}

function toInteger(value: Leaf, dtype: DType, place: Place): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  throw invalid(`a whole number (${dtype})`, value, place);
}

function expectKind(value: Leaf, kind: 'string' | 'boolean', place: Place): Leaf {
  if (typeof value === kind) return value;
  throw invalid(`a ${kind}`, value, place);
}

function invalid(expected: string, value: Leaf, place: Place): InvalidNdArrayError {
  const index = indexOf(place.position, place.shape);
  const got = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
  const where = index.length === 0 ? '' : ` at index ${describeIndex(index)}`;
  return new InvalidNdArrayError(`Expected ${expected}${where}, got ${typeof value} ${got}.`, {
    details: { index },
  });
}

/** The elements of an array as the values they stand for: halves as numbers, bools as booleans. */
export function toLeaves(dtype: DType, data: TensorData): ArrayLike<Leaf> {
  if (dtype === 'float16') return Array.from(data as Uint16Array, float16ToNumber);
  if (dtype === 'bool') return Array.from(data as Uint8Array, Boolean);
  return data;
}
