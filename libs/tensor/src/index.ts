export { concat, split } from './concat.js';
export { DataFrame } from './data-frame.js';
export type { Cell } from './data-frame.js';
export {
  DTYPES,
  allocate,
  bytesPerElement,
  canCast,
  integerRange,
  isDType,
  viewOf,
} from './dtype.js';
export type { DType, NumericDType, TensorData, TensorDataOf } from './dtype.js';
export { float16ToNumber, numberToFloat16 } from './float16.js';
export { NdArray } from './nd-array.js';
export type { Nested } from './nested.js';
export { describeShape } from './shape.js';
export {
  DTypeMismatchError,
  InvalidDataFrameError,
  InvalidNdArrayError,
  NonFiniteError,
  NpyFormatError,
  ShapeMismatchError,
} from './tensor.errors.js';
export { parseJsonNdArray } from './json/parse-nd-array.js';
export type { JsonNdArrayOptions } from './json/parse-nd-array.js';
export { stringifyNdArray } from './json/stringify-nd-array.js';
export type { StringifyNdArrayOptions } from './json/stringify-nd-array.js';
export { decodeNpy } from './npy/decode-npy.js';
export { encodeNpy } from './npy/encode-npy.js';
export { decodeRaw, encodeRaw } from './raw/raw.js';
