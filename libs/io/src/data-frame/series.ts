import { NdArray, parseJsonSeries, stringifyJsonSeries } from 'bentonest/tensor';
import type { DType, SeriesOrient } from 'bentonest/tensor';
import { describeValue } from '../describe-value.js';
import { dtypeSchema } from '../dtype-schema.js';
import type { BufferedDescriptor, JsonSchema, OutgoingBody } from '../io-descriptor.js';
import { UnencodableResultError } from '../io.errors.js';
import { checkFrameOptions } from './check-frame-options.js';
import { JSON_TYPE } from '../media-type.js';

/** Options of {@link series}. */
export interface SeriesOptions {
  /** dtype of the array. Without it, the values' own, as in a {@link dataFrame}. */
  dtype?: DType;
  /** Its name in messages and in the API document. */
  name?: string;
  /** A list (`records`, `values`), or an object by row label (`index`, `columns`). @default 'records' */
  orient?: SeriesOrient;
}

/**
 * One column, as an NdArray of rank 1. Unlike with ndarray(), null is read as NaN, and what pandas
 * writes of a Series is taken.
 *
 * @throws ServiceConfigurationError for a dtype or orient that is none.
 * @example
 * @Api({ input: series({ dtype: 'float32', name: 'price' }), output: series() })
 */
export function series(options: SeriesOptions = {}): BufferedDescriptor<NdArray> {
  const { dtype, orient } = options;
  checkFrameOptions('series', { orient, dtypes: dtype });
  return {
    kind: 'series',
    contentTypes: [JSON_TYPE],
    reads: 'buffer',
    decode: ({ body }) => parseJsonSeries(body, options),
    encode: (value) => encode(value, orient),
    schema: () => ({ [JSON_TYPE]: schema(options) }),
  };
}

function encode(value: NdArray, orient: SeriesOrient | undefined): OutgoingBody {
  if (!(value instanceof NdArray) || value.rank !== 1) {
    const got = value instanceof NdArray ? `one of rank ${value.rank}` : describeValue(value);
    throw new UnencodableResultError('series', 'an NdArray of rank 1', got);
  }
  return { contentType: JSON_TYPE, body: stringifyJsonSeries(value, orient) };
}

function schema({ dtype, name, orient = 'records' }: SeriesOptions): JsonSchema {
  const title = name === undefined ? {} : { title: name };
  const item = dtypeSchema(dtype);
  return orient === 'records' || orient === 'values'
    ? { ...title, type: 'array', items: item }
    : { ...title, type: 'object', additionalProperties: item };
}
