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
  readonly outputs: readonly OnnxValue[];
}
