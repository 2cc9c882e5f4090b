import { describeValue } from '../describe-value.js';
import { InvalidBodyError } from '../io.errors.js';
import type { BufferedDescriptor } from '../io-descriptor.js';
import { parseJsonBody } from '../json/parse-json.js';
import { decodeUtf8 } from '../text/decode-utf8.js';
import { JSON_TYPE } from '../media-type.js';

type ScalarType = 'string' | 'number' | 'boolean';

const TEXT_TYPE = 'text/plain';
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** One value among several parameters: of JSON, or the text of a form's field. */
export function scalar(type: ScalarType): BufferedDescriptor {
  return {
    kind: type,
    // A field of a form that names no type is text.
    contentTypes: [TEXT_TYPE, JSON_TYPE],
    writes: [JSON_TYPE],
    reads: 'buffer',
    decode: ({ contentType, body }) => {
      const value = contentType === TEXT_TYPE ? readText(type, body) : parseJsonBody(body);
      if (typeof value === type && (type !== 'number' || Number.isFinite(value))) return value;
      throw new InvalidBodyError(`Expected a ${type}, got ${describeValue(value)}.`);
    },
    encode: (value) => ({ contentType: JSON_TYPE, body: JSON.stringify(value) }),
    schema: () => ({ [JSON_TYPE]: { type }, [TEXT_TYPE]: { type } }),
  };
}

function readText(type: ScalarType, body: Buffer): unknown {
  const text = decodeUtf8(body);
  if (type === 'number' && NUMBER.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
