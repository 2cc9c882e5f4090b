import { IS_LITTLE_ENDIAN_HOST, swapBytes } from '../byte-order.js';
import { bytesPerElement, viewOf } from '../dtype.js';
import type { DType, NumericDType } from '../dtype.js';
import { NdArray } from '../nd-array.js';
import { describeIndex, describeShape, sizeOf } from '../shape.js';
import { indexOf } from '../nested.js';
import { DTypeMismatchError, InvalidNdArrayError } from '../tensor.errors.js';

/**
 * The array whose elements lie one after the other in `bytes`: little-endian, C order, what numpy's
 * `tobytes()` gives.
 *
 * The result may be a view of `bytes`, without a copy, where the alignment allows it: do not write
 * to `bytes` as long as the array is in use.
 *
 * @throws ShapeMismatchError for a shape that is none, InvalidNdArrayError when the bytes do not fill
 *   it or a boolean is neither 0 nor 1.
 */
export function decodeRaw(
  bytes: Uint8Array,
  dtype: NumericDType,
  shape: readonly number[],
): NdArray {
  const elementBytes = bytesPerElement(dtype);
  const size = sizeOf(shape);
  if (bytes.length !== size * elementBytes) {
    throw new InvalidNdArrayError(
      `Expected ${size * elementBytes} bytes for ${dtype} of shape ${describeShape(shape)}, got ` +
        `${bytes.length}. Send the elements alone, little-endian and in C order.`,
    );
  }
  let elements = bytes;
  const mustSwap = elementBytes > 1 && !IS_LITTLE_ENDIAN_HOST;
  // `new Uint8Array(view)` copies; Buffer's own slice would not.
  if (mustSwap || bytes.byteOffset % elementBytes !== 0) elements = new Uint8Array(bytes);
  if (mustSwap) swapBytes(elements, elementBytes);
  if (dtype === 'bool') checkBooleans(elements, shape);
  const { buffer, byteOffset } = elements;
  return new NdArray<DType>(dtype, viewOf(dtype, buffer, byteOffset, size), shape);
}

/**
 * The elements of an array one after the other, little-endian and in C order. It may be a view of the
 * array's own data.
 *
 * @throws DTypeMismatchError for strings, which have no fixed size.
 */
export function encodeRaw({ dtype, data }: NdArray): Buffer {
  if (Array.isArray(data)) {
    throw new DTypeMismatchError(
      `Expected an array of numbers or booleans to write as raw bytes, got dtype ${dtype}. Write JSON or .npy.`,
    );
  }
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (IS_LITTLE_ENDIAN_HOST || data.BYTES_PER_ELEMENT === 1) return bytes;
  const swapped = Buffer.from(bytes);
  swapBytes(swapped, data.BYTES_PER_ELEMENT);
  return swapped;
}

function checkBooleans(elements: Uint8Array, shape: readonly number[]): void {
  const position = elements.findIndex((byte) => byte > 1);
  if (position === -1) return;
  throw new InvalidNdArrayError(
    `Expected 0 or 1 for each bool, got ${elements[position]} at ${describeIndex(indexOf(position, shape))}.`,
  );
}
