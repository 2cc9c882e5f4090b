import { NdArray } from 'bentonest/tensor';
import { InvalidBodyError } from '../io.errors.js';

/**
 * The array, if its shape is the expected one, where -1 is any size; else, where the shape is not
 * enforced, the array reshaped.
 *
 * @throws InvalidBodyError that names the dimension.
 */
export function fitShape(array: NdArray, expected: readonly number[], enforce: boolean): NdArray {
  if (matchesShape(array.shape, expected)) return array;
  const reshaped = enforce ? undefined : reshape(array, expected);
  if (reshaped !== undefined) return reshaped;
  throw new InvalidBodyError(
    `Expected an array of shape ${describeExpected(expected)}, got [${array.shape.join(', ')}]. ${cure(array.shape, expected)}`,
    { details: { expected, got: array.shape } },
  );
}

export function matchesShape(shape: readonly number[], expected: readonly number[]): boolean {
  if (shape.length !== expected.length) return false;
  for (let i = 0; i < shape.length; i++) {
    if (expected[i] !== -1 && expected[i] !== shape[i]) return false;
  }
  return true;
}

/** `[any, 4]`, for messages. */
export function describeExpected(expected: readonly number[]): string {
  return `[${expected.map((size) => (size === -1 ? 'any' : size)).join(', ')}]`;
}

/** The sizes with which so many elements fill the shape, as numpy's reshape with one -1. */
export function inferShape(size: number, expected: readonly number[]): number[] | undefined {
  const free = expected.filter((each) => each === -1).length;
  const known = expected.reduce((product, each) => (each === -1 ? product : product * each), 1);
  if (free > 1 || (free === 0 && known !== size)) return undefined;
  if (free === 1 && (known === 0 || size % known !== 0)) return undefined;
  return expected.map((each) => (each === -1 ? size / known : each));
}

function reshape(array: NdArray, expected: readonly number[]): NdArray | undefined {
  const shape = inferShape(array.size, expected);
  return shape === undefined ? undefined : new NdArray(array.dtype, array.data, shape);
}

function cure(shape: readonly number[], expected: readonly number[]): string {
  if (shape.length !== expected.length) return `Send lists nested ${expected.length} deep.`;
  const axis = expected.findIndex((size, i) => size !== -1 && size !== shape[i]);
  return `Dimension ${axis} must have ${expected[axis]} values.`;
}
