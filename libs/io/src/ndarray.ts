import { ServiceConfigurationError } from 'bentonest/errors';
import {
  DTYPES,
  NdArray,
  decodeNpy,
  encodeNpy,
  isDType,
  parseJsonNdArray,
  stringifyNdArray,
} from 'bentonest/tensor';
import type { DType } from 'bentonest/tensor';
import { describeValue } from './describe-value.js';
import type {
  BodySchemas,
  BufferedDescriptor,
  IncomingBody,
  OutgoingBody,
} from './io-descriptor.js';
import { InvalidBodyError, UnencodableResultError } from './io.errors.js';

/** Options of {@link ndarray}. */
export interface NdArrayOptions {
  /** dtype of the array. Without it, JSON integers become int64 and other numbers float64. */
  dtype?: DType;
  /** Dimensions; -1 takes any size. Without it, any shape is taken. */
  shape?: readonly number[];
  /**
   * Refuses a binary body of another dtype, where otherwise numpy's `same_kind` casts are made.
   *
   * @default false
   */
  enforceDtype?: boolean;
  /**
   * Refuses other shapes. When false, a body of another shape is reshaped where its number of
   * elements allows.
   *
   * @default true
   */
  enforceShape?: boolean;
}

const JSON_TYPE = 'application/json';
const NPY_TYPES = ['application/vnd.npy', 'application/x-npy'];

/**
 * An n-dimensional array: nested JSON lists, or numpy's `.npy` format.
 *
 * @throws ServiceConfigurationError for a dtype or shape that is none.
 * @example
 * @Api({ input: ndarray({ dtype: 'float32', shape: [-1, 4] }), output: ndarray() })
 */
export function ndarray(options: NdArrayOptions = {}): BufferedDescriptor<NdArray> {
  checkOptions(options);
  return {
    kind: 'ndarray',
    contentTypes: [JSON_TYPE, ...NPY_TYPES],
    reads: 'buffer',
    decode: (input) => decode(input, options),
    encode: (value, contentType) => encode(value, contentType),
    schema: () => schema(options),
  };
}

function checkOptions({ dtype, shape }: NdArrayOptions): void {
  if (dtype !== undefined && !isDType(dtype)) {
    throw new ServiceConfigurationError(
      `ndarray() has as dtype ${describeValue(dtype)}; expected one of ${DTYPES.join(', ')}.`,
    );
  }
  const isSize = (size: number): boolean => Number.isInteger(size) && size >= -1;
  if (shape === undefined || shape.every((size) => isSize(size))) return;
  throw new ServiceConfigurationError(
    `ndarray() has the shape [${shape.join(', ')}]; expected sizes from 0, or -1 for any.`,
  );
}

function decode(input: IncomingBody<Buffer>, options: NdArrayOptions): NdArray {
  const array =
    input.contentType === JSON_TYPE
      ? parseJsonNdArray(input.body, { dtype: options.dtype })
      : castTo(decodeNpy(input.body), options);
  return options.shape === undefined ? array : fit(array, options.shape, options);
}

function castTo(array: NdArray, { dtype, enforceDtype = false }: NdArrayOptions): NdArray {
  if (dtype === undefined || array.dtype === dtype) return array;
  if (enforceDtype) {
    throw new InvalidBodyError(
      `Expected an array of dtype ${dtype}, got ${array.dtype}. Convert it before it is sent.`,
      { details: { expected: dtype, got: array.dtype } },
    );
  }
  return array.astype(dtype);
}

function fit(array: NdArray, expected: readonly number[], options: NdArrayOptions): NdArray {
  if (matches(array.shape, expected)) return array;
  const { enforceShape = true } = options;
  const reshaped = enforceShape ? undefined : reshape(array, expected);
  if (reshaped !== undefined) return reshaped;
  const wanted = expected.map((size) => (size === -1 ? 'any' : size)).join(', ');
  throw new InvalidBodyError(
    `Expected an array of shape [${wanted}], got [${array.shape.join(', ')}]. ${cure(array.shape, expected)}`,
    { details: { expected, got: array.shape } },
  );
}

function matches(shape: readonly number[], expected: readonly number[]): boolean {
  if (shape.length !== expected.length) return false;
  for (let i = 0; i < shape.length; i++) {
    if (expected[i] !== -1 && expected[i] !== shape[i]) return false;
  }
  return true;
}

function cure(shape: readonly number[], expected: readonly number[]): string {
  if (shape.length !== expected.length) return `Send lists nested ${expected.length} deep.`;
  const axis = expected.findIndex((size, i) => size !== -1 && size !== shape[i]);
  return `Dimension ${axis} must have ${expected[axis]} values.`;
}

/** As numpy's reshape with one -1. */
function reshape(array: NdArray, expected: readonly number[]): NdArray | undefined {
  const free = expected.filter((size) => size === -1).length;
  const known = expected.reduce((product, size) => (size === -1 ? product : product * size), 1);
  if (free > 1 || (free === 0 && known !== array.size)) return undefined;
  if (free === 1 && (known === 0 || array.size % known !== 0)) return undefined;
  const shape = expected.map((size) => (size === -1 ? array.size / known : size));
  return new NdArray(array.dtype, array.data, shape);
}

function encode(value: NdArray, contentType: string): OutgoingBody {
  if (!(value instanceof NdArray)) {
    throw new UnencodableResultError('ndarray', 'an NdArray', describeValue(value));
  }
  return contentType === JSON_TYPE
    ? { contentType, body: stringifyNdArray(value) }
    : { contentType, body: encodeNpy(value) };
}

function schema({ dtype, shape }: NdArrayOptions): BodySchemas {
  const binary = { type: 'string', format: 'binary' };
  const depth = shape?.length ?? 0;
  let nested: Record<string, unknown> = depth === 0 ? {} : element(dtype);
  for (let axis = depth - 1; axis >= 0; axis--) {
    const size = shape?.[axis] ?? -1;
    const bounds = size === -1 ? {} : { minItems: size, maxItems: size };
    nested = { type: 'array', items: nested, ...bounds };
  }
  const json = depth === 0 ? { type: 'array', items: {} } : nested;
  return { [JSON_TYPE]: json, ...Object.fromEntries(NPY_TYPES.map((type) => [type, binary])) };
}

function element(dtype: DType | undefined): Record<string, unknown> {
  if (dtype === undefined) return {};
  if (dtype === 'bool') return { type: 'boolean' };
  if (dtype === 'string') return { type: 'string' };
  return { type: dtype.startsWith('float') ? 'number' : 'integer' };
}
