export { BodyBytes } from './body-bytes.js';
export { matchContentType } from './content-type.js';
export { FileUpload } from './file/file-upload.js';
export type { FileMetadata } from './file/file-upload.js';
export { file } from './file/file.js';
export type { FileOptions } from './file/file.js';
export type { ImageMode } from './image/decode-image.js';
export type { ImageType } from './image/image-format.js';
export { image } from './image/image.js';
export type { ImageOptions } from './image/image.js';
export type { DtoClass } from './dto/dto-class.js';
export type { FieldError } from './dto/field-error.js';
export { SLOW_DTO_CHANNEL } from './io.channels.js';
export type { SlowDtoEvent } from './io.channels.js';
export { dataFrame } from './data-frame/data-frame.js';
export type { DataFrameDescriptorOptions } from './data-frame/data-frame.js';
export { series } from './data-frame/series.js';
export type { SeriesOptions } from './data-frame/series.js';
export type {
  BodySchemas,
  BufferedDescriptor,
  IncomingBody,
  IoDescriptor,
  JsonSchema,
  OutgoingBody,
  PartEncoding,
  StreamedDescriptor,
} from './io-descriptor.js';
export {
  BodyAbortedError,
  BodyTooLargeError,
  InvalidBodyError,
  UnencodableResultError,
  UnsupportedMediaTypeError,
  ValidationError,
} from './io.errors.js';
export { json } from './json/json.js';
export { checkJsonDepth, parseJsonBody } from './json/parse-json.js';
export type { JsonOptions, SchemaOptions } from './json/json.js';
export { LimitedStream } from './limited-stream.js';
export { multipart } from './multipart/multipart.js';
export type { FormOf, MultipartOptions } from './multipart/multipart.js';
export { ndarray } from './ndarray/ndarray.js';
export type { NdArrayOptions } from './ndarray/ndarray.js';
export { list } from './parameters/list.js';
export { parameters } from './parameters/parameters.js';
export type { BodyField } from './parameters/parameters.js';
export { scalar } from './parameters/scalar.js';
export { text } from './text/text.js';
export type { TextOptions } from './text/text.js';
