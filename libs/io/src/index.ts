export { matchContentType } from './content-type.js';
export type { DtoClass } from './dto/dto-class.js';
export type { FieldError } from './dto/field-error.js';
export { SLOW_DTO_CHANNEL } from './io.channels.js';
export type { SlowDtoEvent } from './io.channels.js';
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
