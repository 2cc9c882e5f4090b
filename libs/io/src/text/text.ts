import { Readable } from 'node:stream';
import { ServiceConfigurationError } from 'bentonest/errors';
import { describeValue } from '../describe-value.js';
import type { BufferedDescriptor, IncomingBody, OutgoingBody } from '../io-descriptor.js';
import {
  InvalidBodyError,
  UnencodableResultError,
  UnsupportedMediaTypeError,
} from '../io.errors.js';
import { isMediaType, parseParameters } from '../media-type.js';
import { decodeUtf8 } from './decode-utf8.js';

/** Options of {@link text}. */
export interface TextOptions {
  /**
   * Media type that is written. Text of every type is read.
   *
   * @default 'text/plain'
   */
  contentType?: string;
  /** Most characters (Unicode code points) that are read. Without it the body limit alone holds. */
  maxLength?: number;
}

/**
 * Text in UTF-8. A service may also return an async iterable of strings, such as an async generator:
 * each piece is sent as soon as it is there.
 *
 * @throws ServiceConfigurationError for a content type that is none.
 * @example
 * @Api({ input: text({ maxLength: 10_000 }), output: text() })
 */
export function text(options: TextOptions = {}): BufferedDescriptor<string> {
  const { contentType = 'text/plain', maxLength } = options;
  if (!isMediaType(contentType)) {
    throw new ServiceConfigurationError(
      `text() has as contentType ${describeValue(contentType)}; expected one such as text/plain.`,
    );
  }
  const limit = maxLength === undefined ? {} : { maxLength };
  return {
    kind: 'text',
    contentTypes: [contentType, 'text/*'],
    writes: [contentType],
    reads: 'buffer',
    decode: (input) => decode(input, maxLength),
    encode: (value) => encode(value, contentType),
    schema: () => ({ [contentType]: { type: 'string', ...limit } }),
  };
}

function decode({ headers, body }: IncomingBody<Buffer>, maxLength: number | undefined): string {
  checkCharset(headers['content-type']);
  const value = decodeUtf8(body);
  if (maxLength !== undefined && value.length > maxLength) checkLength(value, maxLength);
  return value;
}

/** ASCII is UTF-8 as well. Others would be guesses: the client has to send UTF-8. */
function checkCharset(header: string | undefined): void {
  if (header?.includes(';') !== true) return;
  const charset = parseParameters(header).get('charset')?.toLowerCase();
  if (charset === undefined || ['utf-8', 'utf8', 'us-ascii'].includes(charset)) return;
  throw new UnsupportedMediaTypeError(`the charset ${describeValue(charset)}`, [
    'text with charset=utf-8',
  ]);
}

function checkLength(value: string, maxLength: number): void {
  let length = 0;
  for (const _ of value) length++;
  if (length <= maxLength) return;
  throw new InvalidBodyError(
    `Expected text of at most ${maxLength} characters, got ${length}. Send a shorter one.`,
    { details: { maxLength, length } },
  );
}

function encode(value: unknown, type: string): OutgoingBody {
  const contentType = `${type}; charset=utf-8`;
  if (typeof value === 'string') return { contentType, body: value };
  if (!isAsyncIterable(value)) throw noText(value);
  return { contentType, body: Readable.from(encodePieces(value), { objectMode: false }) };
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

async function* encodePieces(pieces: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    if (typeof piece !== 'string') throw noText(piece);
    // An empty piece would end the stream.
    if (piece !== '') yield Buffer.from(piece);
  }
}

function noText(value: unknown): UnencodableResultError {
  return new UnencodableResultError(
    'text',
    'a string or an async iterable of strings',
    describeValue(value),
  );
}
