import { randomUUID } from 'node:crypto';
import { isTypedArray } from 'node:util/types';
import { DataFrame, NdArray } from 'bentonest/tensor';
import { describeValue } from '../describe-value.js';
import { UnencodableResultError } from '../io.errors.js';

/** No client can know it, so that no text of theirs is taken for a number. */
const INTEGER_MARK = `bentonest:integer:${randomUUID()}:`;
const MARKED_INTEGER = new RegExp(`"${INTEGER_MARK}(-?\\d+)"`, 'g');

/**
 * JSON of a result. NdArray and DataFrame are nested lists and records, by their toJSON; typed arrays
 * are lists and bigints are integers with all their digits. NaN and infinities are null, as in
 * JSON.stringify.
 *
 * @throws UnencodableResultError for what JSON cannot hold.
 */
export function stringifyJson(value: unknown): string {
  try {
    return tryStringify(value) ?? fail(value);
  } catch (cause) {
    throw cause instanceof UnencodableResultError ? cause : unencodable(value, cause);
  }
}

function tryStringify(value: unknown): string | undefined {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    // A bigint, or a cycle, which throws again.
    if (!(error instanceof TypeError)) throw error;
    return stringifyNumeric(value);
  }
  // What holds none of ours has cost nothing but this search: a typed array is written as an object
  // with the key 0, or without keys.
  if (text === undefined || !(text.includes('{"0":') || text.includes('{}'))) return text;
  return hasTypedArray(value) ? stringifyNumeric(value) : text;
}

/** Of a value without cycles. What writes itself in a way of its own may have one. */
function hasTypedArray(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (isTypedArray(value)) return true;
  if ('toJSON' in value) return !(value instanceof NdArray || value instanceof DataFrame);
  const nested: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return nested.some(hasTypedArray);
}

function stringifyNumeric(value: unknown): string | undefined {
  let hasIntegers = false;
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') {
      hasIntegers = true;
      return INTEGER_MARK + item.toString();
    }
    if (item instanceof Float32Array) return new NdArray('float32', item, [item.length]).toJSON();
    return isTypedArray(item) ? Array.from(item as Uint8Array) : item;
  });
  return hasIntegers ? text.replaceAll(MARKED_INTEGER, '$1') : text;
}

function fail(value: unknown): never {
  throw unencodable(value);
}

function unencodable(value: unknown, cause?: unknown): UnencodableResultError {
  const options = cause === undefined ? {} : { cause };
  return new UnencodableResultError('json', 'what JSON can hold', describeValue(value), options);
}
