import type { DType, NdArray, TensorData } from 'bentonest/tensor';

/**
 * A tensor whose data lies in several pieces, in order: the calls of a batch. An NdArray has one.
 * The pieces are joined where they are needed, on the wire, so that a batch is copied once.
 */
export class TensorChunks {
  constructor(
    readonly dtype: DType,
    readonly shape: readonly number[],
    readonly chunks: readonly TensorData[],
  ) {}

  static of(array: NdArray): TensorChunks {
    return new TensorChunks(array.dtype, array.shape, [array.data]);
  }
}
