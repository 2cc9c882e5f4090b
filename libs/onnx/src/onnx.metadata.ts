import type { DType } from 'bentonest/tensor';

/** An input or output of a model, as the worker read it from the loaded session. */
export interface OnnxValue {
  readonly name: string;
  readonly dtype: DType;
  /** A number is a fixed dimension; a name, or '' for an unnamed one, takes any size. */
  readonly shape: readonly (number | string)[];
}

/** What the worker tells about its model in the handshake. */
export interface OnnxMetadata {
  readonly inputs: readonly OnnxValue[];
  /** Those that the option `outputs` chose, in its order; else all. */
  readonly outputs: readonly OnnxValue[];
}

/** `"x" (float32 [n, 4])`, for messages. */
export function describeValue({ name, dtype, shape }: OnnxValue): string {
  const dimensions = shape.map((size) => (size === '' ? 'any' : size)).join(', ');
  return `"${name}" (${dtype} [${dimensions}])`;
}
