import { bytesPerElement, decodeRaw, encodeRaw, isDType } from 'bentonest/tensor';
import type { DType, NdArray, NumericDType } from 'bentonest/tensor';
import { describeValue } from '../describe-value.js';
import type { IncomingBody, OutgoingBody } from '../io-descriptor.js';
import { InvalidBodyError } from '../io.errors.js';
import { inferShape } from './fit-shape.js';
import { RAW_DTYPES } from './ndarray-schema.js';
import { RAW_TYPE } from './ndarray-types.js';

/** Headers that say what raw bytes are: `float32`, and `2,784`. */
export const DTYPE_HEADER = 'x-ndarray-dtype';
export const SHAPE_HEADER = 'x-ndarray-shape';

interface Declared {
  readonly dtype?: DType;
  readonly shape?: readonly number[];
}

/**
 * Reads raw bytes by their headers, or else by what the descriptor declares: its dtype, and its shape
 * if at most one dimension of it is free.
 *
 * @throws InvalidBodyError for headers that are missing or wrong, InvalidNdArrayError for bytes that
 *   do not fill the shape.
 */
export function decodeRawBody(
  { headers, body }: Pick<IncomingBody<Buffer>, 'headers' | 'body'>,
  declared: Declared,
): NdArray {
  const dtype = readDType(headers[DTYPE_HEADER] ?? declared.dtype);
  const shape =
    readShape(headers[SHAPE_HEADER]) ?? inferDeclared(body.length, dtype, declared.shape);
  return decodeRaw(body, dtype, shape);
}

/** Raw bytes, and the headers that say what they are. */
export function encodeRawBody(array: NdArray): OutgoingBody {
  const headers = { [DTYPE_HEADER]: array.dtype, [SHAPE_HEADER]: array.shape.join(',') };
  return { contentType: RAW_TYPE, body: encodeRaw(array), headers };
}

function readDType(given: unknown): NumericDType {
  if (isDType(given) && given !== 'string') return given;
  throw new InvalidBodyError(
    `Expected the dtype of the raw bytes in the header ${DTYPE_HEADER}, got ${describeValue(given)}. Send one of ${RAW_DTYPES.join(', ')}.`,
  );
}

function readShape(given: string | string[] | undefined): number[] | undefined {
  if (given === undefined) return undefined;
  const text = [given].flat().join(',').trim();
  const sizes = text === '' ? [] : text.split(',').map((size) => size.trim());
  if (sizes.every((size) => /^\d{1,15}$/.test(size))) return sizes.map(Number);
  throw new InvalidBodyError(
    `Expected the shape of the raw bytes in the header ${SHAPE_HEADER}, got ${describeValue(text)}. Send sizes and commas: 2,784.`,
  );
}

function inferDeclared(
  length: number,
  dtype: NumericDType,
  declared: readonly number[] | undefined,
): readonly number[] {
  const shape = declared && inferShape(length / bytesPerElement(dtype), declared);
  if (shape !== undefined) return shape;
  throw new InvalidBodyError(
    `Expected the shape of the raw bytes in the header ${SHAPE_HEADER}, got nothing. Send sizes and commas: 2,784.`,
  );
}
