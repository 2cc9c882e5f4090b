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
import type { DType, Nested } from 'bentonest/tensor';
import { describeValue } from '../describe-value.js';
import type { BufferedDescriptor, IncomingBody, OutgoingBody } from '../io-descriptor.js';
import { InvalidBodyError, UnencodableResultError } from '../io.errors.js';
import { describeExpected, fitShape, matchesShape } from './fit-shape.js';
import { describeNdArray } from './ndarray-schema.js';
import { JSON_TYPE } from '../media-type.js';
import { BINARY_TYPES, RAW_TYPE } from './ndarray-types.js';
import { decodeRawBody, encodeRawBody } from './raw-body.js';

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
  /**
   * What NaN and infinities of a result become in JSON, which does not have them. Binary bodies hold
   * them exactly; a JSON request with them is refused.
   *
   * @default 'null'
   */
  nonFinite?: 'null' | 'error';
  /** An array as the API document shows it. */
  sample?: NdArray;
}

/**
 * An n-dimensional array: nested JSON lists, numpy's `.npy` format, or its raw bytes
 * (`application/octet-stream`) with the headers `x-ndarray-dtype: float32` and `x-ndarray-shape: 2,784`.
 *
 * As an output, a declared dtype and shape are what clients may rely on: a result is cast by
 * `same_kind`, and one that does not fit is a fault of the service.
 *
 * @throws ServiceConfigurationError for a dtype or shape that is none.
 * @example
 * @Api({ input: ndarray({ dtype: 'float32', shape: [-1, 4] }), output: ndarray() })
 */
export function ndarray(options: NdArrayOptions = {}): BufferedDescriptor<NdArray> {
  checkOptions(options);
  return {
    kind: 'ndarray',
    contentTypes: [JSON_TYPE, ...BINARY_TYPES],
    reads: 'buffer',
    decode: (input) => decode(input, options),
    encode: (value, contentType) => encode(value, contentType, options),
    schema: () => describeNdArray(options),
  };
}

/**
 * The descriptor of arrays like this one: of its dtype, its rank and its sizes but the first, which
 * counts rows (of rank 1, all sizes). All of that is enforced unless the options say otherwise, and
 * the API document shows the sample.
 *
 * @param sample an NdArray, or nested lists of which one is made.
 */
ndarray.fromSample = (
  sample: NdArray | Nested,
  options: Omit<NdArrayOptions, 'sample'> = {},
): BufferedDescriptor<NdArray> => {
  const array = sample instanceof NdArray ? sample : NdArray.from(sample, options);
  const [, ...rest] = array.shape;
  const shape = array.rank > 1 ? [-1, ...rest] : array.shape;
  const { dtype } = array;
  return ndarray({ dtype, enforceDtype: true, shape, ...options, sample: array });
};

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
  const { contentType, body } = input;
  let array: NdArray;
  if (contentType === JSON_TYPE) array = parseJsonNdArray(body, { dtype: options.dtype });
  else if (contentType === RAW_TYPE) array = castTo(decodeRawBody(input, options), options);
  else array = castTo(decodeNpy(body), options);
  const { shape, enforceShape = true } = options;
  return shape === undefined ? array : fitShape(array, shape, enforceShape);
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

function encode(value: NdArray, contentType: string, options: NdArrayOptions): OutgoingBody {
  if (!(value instanceof NdArray)) {
    throw new UnencodableResultError('ndarray', 'an NdArray', describeValue(value));
  }
  const array = toDeclared(value, options);
  if (contentType === JSON_TYPE) return { contentType, body: stringifyNdArray(array, options) };
  return contentType === RAW_TYPE ? encodeRawBody(array) : { contentType, body: encodeNpy(array) };
}

function toDeclared(array: NdArray, { dtype, shape }: NdArrayOptions): NdArray {
  if (shape !== undefined && !matchesShape(array.shape, shape)) {
    const expected = `an NdArray of shape ${describeExpected(shape)}`;
    throw new UnencodableResultError('ndarray', expected, `[${array.shape.join(', ')}]`);
  }
  if (dtype === undefined || array.dtype === dtype) return array;
  try {
    return array.astype(dtype);
  } catch (cause) {
    // A client cannot mend what the service returned.
    const expected = `an NdArray of dtype ${dtype}`;
    throw new UnencodableResultError('ndarray', expected, array.dtype, { cause });
  }
}
