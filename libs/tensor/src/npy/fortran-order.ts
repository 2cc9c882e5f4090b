/**
 * A copy in C order (last axis fastest) of elements that lie in Fortran order (first axis
 * fastest). It moves words, not numbers, so that the payload of a NaN survives.
 *
 * @param bytes starts on a multiple of 4 of its buffer unless elements are shorter
 */
export function toRowMajor(
  bytes: Uint8Array,
  elementBytes: number,
  shape: readonly number[],
): Uint8Array {
  const { buffer, byteOffset, byteLength } = bytes;
  const wordBytes = elementBytes < 4 ? elementBytes : 4;
  const Words = wordBytes === 1 ? Uint8Array : wordBytes === 2 ? Uint16Array : Uint32Array;
  const source = new Words(buffer as ArrayBuffer, byteOffset, byteLength / wordBytes);
  const target = new Words(source.length);
  transpose(source, target, elementBytes / wordBytes, shape);
  return new Uint8Array(target.buffer);
}

type Words = Uint8Array | Uint16Array | Uint32Array;

function transpose(source: Words, target: Words, words: number, shape: readonly number[]): void {
  const rank = shape.length;
  const strides: number[] = [];
  let stride = words;
  for (const dimension of shape) {
    strides.push(stride);
    stride *= dimension;
  }
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < target.length; to += words) {
    for (let w = 0; w < words; w++) target[to + w] = source[from + w];
    // Count up like an odometer, the last axis first, and let `from` follow.
    for (let axis = rank - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}
