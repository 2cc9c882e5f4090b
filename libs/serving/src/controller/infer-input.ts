import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { ServiceConfigurationError } from 'bentonest/errors';
import { FileUpload, dataFrame, file, json, list, ndarray, scalar, text } from 'bentonest/io';
import type { DtoClass, IoDescriptor } from 'bentonest/io';
import { DataFrame, NdArray } from 'bentonest/tensor';
import { Context } from '../context/context.js';

/** What is known of a parameter for a body. */
export interface ParameterType {
  /** Its type, as the compiler emits it. */
  readonly type: unknown;
  /** `Chat#answer(prompt)`, for messages. */
  readonly where: string;
  /** Other parameters share the body with it. */
  readonly isShared: boolean;
  /** Source of its default. */
  readonly fallback?: string | undefined;
}

// eslint-disable-next-line typescript/no-explicit-any -- a descriptor of any T; `unknown` would refuse them all
const BY_TYPE = new Map<unknown, (parameter: ParameterType) => IoDescriptor<any>>([
  [NdArray, () => ndarray()],
  [DataFrame, () => dataFrame()],
  [FileUpload, () => file()],
  [Buffer, () => bytes()],
  [Uint8Array, () => bytes()],
  [String, ({ isShared }) => (isShared ? scalar('string') : text())],
  [Number, () => scalar('number')],
  [Boolean, () => scalar('boolean')],
  [Array, () => list()],
]);

/** A file, held in memory. */
function bytes(): IoDescriptor<Buffer> {
  const upload = file();
  return {
    ...upload,
    buffered: undefined,
    reads: 'stream',
    decode: async (input) => (await upload.decode(input)).buffer(),
    encode: (value, contentType) => upload.encode(value as never, contentType),
  };
}

/** Classes whose instances no body can describe, beside those that JavaScript has. */
const NO_DTO = new Set<unknown>([Readable, StreamableFile]);

/**
 * The descriptor for a parameter of a type.
 *
 * @throws ServiceConfigurationError when the type says nothing, naming method and cure.
 */
export function inferInput(parameter: ParameterType): IoDescriptor {
  const { type, where, isShared } = parameter;
  const known = BY_TYPE.get(type === Object ? typeOfLiteral(parameter) : type);
  if (known !== undefined) return known(parameter) as IoDescriptor;
  if (type === Context) {
    throw new ServiceConfigurationError(
      `${where} is of type Context, but nothing gives it one. Decorate it with @Ctx().`,
    );
  }
  if (isDto(type)) return json(type) as IoDescriptor;
  const name = typeof type === 'function' ? type.name : String(type);
  const option = isShared ? '{ input: { name: descriptor, … } }' : '{ input: … }';
  throw new ServiceConfigurationError(
    `The input of ${where} cannot be inferred from the type ${name} of its parameter. Set @Api(${option}), or use NdArray or a DTO class (imported without "type").`,
  );
}

/** `threshold = 0.5` says its type to the compiler, which emits none. */
function typeOfLiteral({ type, fallback = '' }: ParameterType): unknown {
  if (/^-?[\d.][\d_.e+-]*$/i.test(fallback)) return Number;
  if (fallback === 'true' || fallback === 'false') return Boolean;
  return /^(['"`])(?:\\.|(?!\1).)*\1$/s.test(fallback) ? String : type;
}

/** Interfaces, unions and types imported as types are `Object` or `Function`. */
function isDto(type: unknown): type is DtoClass {
  if (typeof type !== 'function' || NO_DTO.has(type)) return false;
  return (globalThis as Readonly<Record<string, unknown>>)[type.name] !== type;
}
