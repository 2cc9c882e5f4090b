import {
  DataFrame,
  InvalidDataFrameError,
  decodeArrow,
  decodeParquet,
  encodeArrow,
  encodeParquet,
  fitFrame,
  isParquet,
  parseCsvFrame,
  parseJsonFrame,
  stringifyCsvFrame,
  stringifyJsonFrame,
} from 'bentonest/tensor';
import type { FrameOptions, Orient } from 'bentonest/tensor';
import { describeValue } from '../describe-value.js';
import type { BufferedDescriptor, IncomingBody, OutgoingBody } from '../io-descriptor.js';
import { InvalidBodyError, UnencodableResultError } from '../io.errors.js';
import { checkFrameOptions } from './check-frame-options.js';
import { frameSchemas } from './frame-schemas.js';
import { JSON_TYPE } from '../media-type.js';
import { ARROW_TYPE, BINARY_TYPE, CSV_TYPE, PARQUET_TYPE } from './media-types.js';

/** Options of {@link dataFrame}. */
export interface DataFrameDescriptorOptions extends FrameOptions {
  /** Layout of JSON bodies, by pandas' name. @default 'records' */
  orient?: Orient;
  /** Rows that the API document shows as its example. */
  sample?: DataFrame;
}

/**
 * A table of named columns: JSON in one of pandas' orients, CSV, an Arrow IPC stream, or Parquet. The
 * last two need the packages apache-arrow, and hyparquet with hyparquet-writer.
 *
 * As an output, declared columns and dtypes are what clients may rely on: a result is reduced and cast
 * to them, and one that does not fit is a fault of the service.
 *
 * @throws ServiceConfigurationError for options that do not fit each other.
 * @example
 * @Api({ input: dataFrame({ columns: ['age', 'city'], dtypes: { age: 'float32' } }), output: dataFrame() })
 */
export function dataFrame(options: DataFrameDescriptorOptions = {}): BufferedDescriptor<DataFrame> {
  checkFrameOptions('dataFrame', options);
  return {
    kind: 'dataFrame',
    contentTypes: [JSON_TYPE, CSV_TYPE, ARROW_TYPE, PARQUET_TYPE, BINARY_TYPE],
    reads: 'buffer',
    decode: (input) => decode(input, options),
    encode: (value, contentType) => encode(value, contentType, options),
    schema: () => frameSchemas(options),
  };
}

/**
 * A {@link dataFrame} of the sample's columns and dtypes, with its rows as the example in the API
 * document.
 *
 * @example dataFrame.fromSample(DataFrame.from([{ age: 31, city: 'Bern' }]))
 */
dataFrame.fromSample = (
  sample: DataFrame,
  options: Omit<DataFrameDescriptorOptions, 'sample'> = {},
): BufferedDescriptor<DataFrame> =>
  dataFrame({ columns: sample.names, dtypes: sample.dtypes, sample, ...options });

function decode(
  { contentType, body }: IncomingBody<Buffer>,
  options: DataFrameDescriptorOptions,
): DataFrame | Promise<DataFrame> {
  switch (contentType) {
    case CSV_TYPE:
      return parseCsvFrame(body, options);
    case ARROW_TYPE:
      return decodeArrow(body, options);
    case PARQUET_TYPE:
      return decodeParquet(body, options);
    case BINARY_TYPE:
      if (isParquet(body)) return decodeParquet(body, options);
      throw new InvalidBodyError(
        `Expected a Parquet file as ${BINARY_TYPE}, got other bytes. Name the type of the body in the content-type header.`,
      );
    default:
      return parseJsonFrame(body, options);
  }
}

function encode(
  value: DataFrame,
  contentType: string,
  options: DataFrameDescriptorOptions,
): OutgoingBody | Promise<OutgoingBody> {
  if (!(value instanceof DataFrame)) {
    throw new UnencodableResultError('dataFrame', 'a DataFrame', describeValue(value));
  }
  const frame = declared(value, options);
  switch (contentType) {
    case CSV_TYPE:
      return { contentType: `${CSV_TYPE}; charset=utf-8`, body: stringifyCsvFrame(frame) };
    case ARROW_TYPE:
      return encodeArrow(frame).then((body) => ({ contentType, body }));
    case PARQUET_TYPE:
    case BINARY_TYPE:
      return encodeParquet(frame).then((body) => ({ contentType, body }));
    default:
      return { contentType, body: stringifyJsonFrame(frame, options.orient) };
  }
}

/** The result as it was declared; one that does not fit is a fault of the service, and no 400. */
function declared(frame: DataFrame, options: DataFrameDescriptorOptions): DataFrame {
  if (options.columns === undefined && options.dtypes === undefined) return frame;
  try {
    return fitFrame(frame, options);
  } catch (cause) {
    if (!(cause instanceof InvalidDataFrameError)) throw cause;
    const got = `another one (${cause.message.replace(/\.$/, '')})`;
    throw new UnencodableResultError('dataFrame', 'a DataFrame as declared', got, { cause });
  }
}
