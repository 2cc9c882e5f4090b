export { matchContentType } from './content-type.js';
export { dataFrame } from './data-frame/data-frame.js';
export type { DataFrameDescriptorOptions } from './data-frame/data-frame.js';
export { series } from './data-frame/series.js';
export type { SeriesOptions } from './data-frame/series.js';
export type { DtoClass, FieldError } from './dto/validate-dto.js';
export type {
  BodySchemas,
  BufferedDescriptor,
  IncomingBody,
  IoDescriptor,
  JsonSchema,
  OutgoingBody,
  StreamedDescriptor,
} from './io-descriptor.js';
export {
  InvalidBodyError,
  UnencodableResultError,
  UnsupportedMediaTypeError,
  ValidationError,
} from './io.errors.js';
export { json } from './json/json.js';
export type { JsonOptions } from './json/json.js';
export { ndarray } from './ndarray/ndarray.js';
export type { NdArrayOptions } from './ndarray/ndarray.js';
