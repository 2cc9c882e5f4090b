import type { DType, TensorData } from '../dtype.js';
import { float16ToNumber } from '../float16.js';
import type { NdArray } from '../nd-array.js';
import { indexOf } from '../nested.js';
import { describeIndex } from '../shape.js';
import { NonFiniteError } from '../tensor.errors.js';
import { shortestFloat32 } from './shortest-float32.js';
import { stringifyFloat32 } from './stringify-float32.js';

/** Options of {@link stringifyNdArray}. */
export interface StringifyNdArrayOptions {
  /** What NaN and infinities become, which JSON does not have. @default 'null' */
  nonFinite?: 'null' | 'error';
}

/**
 * Nested JSON lists of an array. float32 is written in the shortest decimals that read back as the
 * same float32, integers of 64 bits with all their digits.
 *
 * @throws NonFiniteError naming the index, where `nonFinite` is `'error'`.
 */
export function stringifyNdArray(array: NdArray, options: StringifyNdArrayOptions = {}): string {
  const { data, shape, dtype } = array;
  if (options.nonFinite === 'error') checkFinite(array);
  if (dtype === 'float32') return stringifyFloat32(data as Float32Array, shape);
  if (dtype === 'float16') {
    return stringifyFloat32(Float32Array.from(data as Uint16Array, float16ToNumber), shape);
  }
  const write = writerOf(dtype, data);
  let position = 0;
  const writeLevel = (axis: number): string => {
    if (axis === shape.length) return write(position++);
    const size = shape[axis];
    let text = '[';
    for (let i = 0; i < size; i++) {
      if (i > 0) text += ',';
      text += axis === shape.length - 1 ? write(position++) : writeLevel(axis + 1);
    }
    return `${text}]`;
  };
  return writeLevel(0);
}

/** Writes the element at a position. */
export type Write = (position: number) => string;

/** What writes the elements of an array as JSON; what is not finite is null. */
export function writerOf(dtype: DType, data: TensorData): Write {
  switch (dtype) {
    case 'string':
      return (position) => JSON.stringify((data as string[])[position]);
    case 'bool':
      return (position) => (data[position] === 0 ? 'false' : 'true');
    case 'float32':
      return (position) => finite((data as Float32Array)[position], shortestFloat32);
    case 'float16':
      return (position) =>
        finite(float16ToNumber((data as Uint16Array)[position]), shortestFloat32);
    case 'float64':
      return (position) => finite((data as Float64Array)[position], shortestFloat64);
    default:
      return (position) => String(data[position]);
  }
}

function finite(value: number, write: (value: number) => string): string {
  return Number.isFinite(value) ? write(value) : 'null';
}

function shortestFloat64(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function checkFinite({ dtype, data, shape }: NdArray): void {
  if (!dtype.startsWith('float')) return;
  const numbers = data as Float64Array;
  for (let position = 0; position < numbers.length; position++) {
    const value = dtype === 'float16' ? float16ToNumber(numbers[position]) : numbers[position];
    if (Number.isFinite(value)) continue;
    const index = indexOf(position, shape);
    const where = index.length === 0 ? '' : ` at index ${describeIndex(index)}`;
    throw new NonFiniteError(
      `JSON cannot write ${value}${where}. Ask for .npy, or allow null.`,
      index.length === 0 ? {} : { details: { index } },
    );
  }
}
