export { concat, split } from './concat.js';
export { DataFrame } from './data-frame.js';
export type { Cell, DataFrameOptions, NamedColumn } from './data-frame.js';
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
export { decodeArrow } from './frame/arrow/decode-arrow.js';
export { encodeArrow } from './frame/arrow/encode-arrow.js';
export { parseCsvFrame } from './frame/csv/parse-csv-frame.js';
export { stringifyCsvFrame } from './frame/csv/stringify-csv-frame.js';
export { fitFrame } from './frame/fit-frame.js';
export type { FrameOptions } from './frame/frame-options.js';
export { ORIENTS, parseJsonFrame } from './frame/json/parse-json-frame.js';
export type { JsonFrameOptions, Orient } from './frame/json/parse-json-frame.js';
export { parseJsonSeries } from './frame/json/parse-json-series.js';
export type { JsonSeriesOptions, SeriesOrient } from './frame/json/parse-json-series.js';
export { stringifyJsonFrame, stringifyJsonSeries } from './frame/json/stringify-json-frame.js';
export { decodeParquet, isParquet } from './frame/parquet/decode-parquet.js';
export { encodeParquet } from './frame/parquet/encode-parquet.js';
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
