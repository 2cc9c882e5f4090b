import { NdArray, allocate } from 'bentonest/tensor';
import type { OnnxMetadata, OnnxValue } from './onnx.metadata.js';

/**
 * Arguments that the model takes, for a first call that nobody waits for: zeros, false or empty
 * strings, with 1 for every free dimension.
 */
export function exampleArguments({ inputs }: OnnxMetadata): readonly NdArray[] {
  return inputs.map((input) => exampleOf(input));
}

function exampleOf({ dtype, shape }: OnnxValue): NdArray {
  const sizes = shape.map((size) => (typeof size === 'number' ? size : 1));
  const length = sizes.reduce((all, size) => all * size, 1);
  return new NdArray(dtype, allocate(dtype, length), sizes);
}
