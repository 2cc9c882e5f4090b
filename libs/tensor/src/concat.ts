import { allocate } from './dtype.js';
import type { TensorData } from './dtype.js';
import { NdArray } from './nd-array.js';
import { describeShape } from './shape.js';
import { DTypeMismatchError, ShapeMismatchError } from './tensor.errors.js';

/** A shape seen from an axis: so many blocks before it, so many elements in one step along it. */
interface AxisView {
  readonly outer: number;
  readonly inner: number;
}

function viewAlong(shape: readonly number[], axis: number): AxisView {
  const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);
  return { outer: product(shape.slice(0, axis)), inner: product(shape.slice(axis + 1)) };
}

/**
 * Joins arrays along an axis.
 *
 * @throws ShapeMismatchError or DTypeMismatchError naming the array that differs from the first.
 */
export function concat(arrays: readonly NdArray[], axis = 0): NdArray {
  const [first] = arrays;
  if (first === undefined) throw new ShapeMismatchError('Expected arrays to join, got none.');
  checkAxis(first.shape, axis);
  if (arrays.length === 1) return first;
  let along = 0;
  for (const [position, array] of arrays.entries()) {
    checkFits(first, array, axis, position);
    along += array.shape[axis];
  }
  const shape = first.shape.with(axis, along);
  const { outer, inner } = viewAlong(shape, axis);
  const data = allocate(first.dtype, outer * along * inner);
  let at = 0;
  for (let block = 0; block < outer; block++) {
    for (const array of arrays) {
      const length = array.shape[axis] * inner;
      copyInto(data, at, slice(array.data, block * length, length));
      at += length;
    }
  }
  return new NdArray(first.dtype, data, shape);
}

/**
 * Cuts an array along an axis into pieces of the given sizes. Along axis 0 the pieces are views of
 * the array's data; along others they are copies.
 *
 * @throws ShapeMismatchError when the sizes do not add up to the dimension.
 */
export function split(array: NdArray, sizes: readonly number[], axis = 0): NdArray[] {
  checkAxis(array.shape, axis);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const dimension = array.shape[axis];
  if (total !== dimension || sizes.some((size) => size < 0)) {
    throw new ShapeMismatchError(
      `Expected sizes that add up to ${dimension}, dimension ${axis} of ${describeShape(array.shape)}, got ${total}.`,
    );
  }
  const { outer, inner } = viewAlong(array.shape, axis);
  let start = 0;
  return sizes.map((size) => {
    const shape = array.shape.with(axis, size);
    const from = start * inner;
    start += size;
    const length = size * inner;
    if (outer === 1) return new NdArray(array.dtype, slice(array.data, from, length), shape);
    const data = allocate(array.dtype, outer * length);
    for (let block = 0; block < outer; block++) {
      const piece = slice(array.data, block * dimension * inner + from, length);
      copyInto(data, block * length, piece);
    }
    return new NdArray(array.dtype, data, shape);
  });
}

function slice(data: TensorData, start: number, length: number): TensorData {
  return Array.isArray(data)
    ? data.slice(start, start + length)
    : data.subarray(start, start + length);
}

function copyInto(target: TensorData, at: number, source: TensorData): void {
  if (Array.isArray(target)) {
    for (let i = 0; i < source.length; i++) target[at + i] = source[i] as string;
  } else {
    // Both are of one dtype, which the types cannot say.
    (target as Float64Array).set(source as Float64Array, at);
  }
}

function checkAxis(shape: readonly number[], axis: number): void {
  if (Number.isInteger(axis) && axis >= 0 && axis < shape.length) return;
  throw new ShapeMismatchError(
    `Expected an axis from 0 to ${shape.length - 1} of ${describeShape(shape)}, got ${axis}.`,
  );
}

function checkFits(first: NdArray, array: NdArray, axis: number, position: number): void {
  if (array.dtype !== first.dtype) {
    throw new DTypeMismatchError(
      `Expected dtype ${first.dtype} in array ${position}, as in array 0, got ${array.dtype}.`,
    );
  }
  const fits =
    array.shape.length === first.shape.length &&
    first.shape.every((size, i) => i === axis || size === array.shape[i]);
  if (fits) return;
  throw new ShapeMismatchError(
    `Expected array ${position} to have shape ${describeShape(first.shape)} but for dimension ${axis}, got ${describeShape(array.shape)}.`,
  );
}
