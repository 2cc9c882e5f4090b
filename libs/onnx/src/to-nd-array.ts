import { NdArray } from 'bentonest/tensor';
import type { TensorData } from 'bentonest/tensor';
import { toDType } from './session-values.js';

/** The part of onnxruntime's Tensor that is read here. */
interface OutputTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** An output as NdArray, without a copy. */
export function toNdArray({ type, data, dims }: OutputTensor, name: string): NdArray {
  const dtype = toDType(type, name);
  // Runtimes that have a Float16Array hand that out; an NdArray holds the halves' bits.
  if (dtype === 'float16' && ArrayBuffer.isView(data) && !(data instanceof Uint16Array)) {
    const bits = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
    return new NdArray(dtype, bits, dims);
  }
  return new NdArray(dtype, data as TensorData, dims);
}
