import { Readable } from 'node:stream';
import { ServiceConfigurationError } from 'bentonest/errors';
import { describeValue } from '../describe-value.js';
import type { IncomingBody, OutgoingBody, StreamedDescriptor } from '../io-descriptor.js';
import { BodyTooLargeError, UnencodableResultError } from '../io.errors.js';
import { LimitedStream } from '../limited-stream.js';
import { isMediaType } from '../media-type.js';
import { writeAttachment } from './content-disposition.js';
import { FileUpload } from './file-upload.js';

/** Options of {@link file}. */
export interface FileOptions {
  /**
   * Media types that are read, ranges such as `image/*` among them; others are answered 415. The first
   * is that of a result that names none.
   *
   * @default any
   */
  mimeTypes?: readonly string[];
  /** Most bytes that are read; more are answered 413. Without it the body limit alone holds. */
  maxBytes?: number;
}

const ANY_TYPE = '*/*';
const BINARY = 'application/octet-stream';

/**
 * A file: the whole body of a request, or a part of a form. It is given as a stream, before it has
 * come. A service may return a {@link FileUpload}, a Readable, a Buffer or another Uint8Array; one
 * with a file name is sent as an attachment.
 *
 * @throws ServiceConfigurationError for media types that are none, or a limit that is none.
 * @example
 * @Api({ input: file({ mimeTypes: ['audio/*'], maxBytes: 10 * 1024 * 1024 }) })
 */
export function file(options: FileOptions = {}): StreamedDescriptor<FileUpload> {
  const { mimeTypes = [ANY_TYPE], maxBytes } = options;
  checkOptions(mimeTypes, maxBytes);
  const preferred = mimeTypes.find((type) => isMediaType(type)) ?? BINARY;
  return {
    kind: 'file',
    contentTypes: mimeTypes,
    writes: [preferred],
    reads: 'stream',
    maxBytes,
    decode: (input) => decode(input, maxBytes),
    encode: (value) => encode(value, preferred),
    schema: () =>
      Object.fromEntries(mimeTypes.map((type) => [type, { type: 'string', format: 'binary' }])),
  };
}

function checkOptions(mimeTypes: readonly string[], maxBytes: number | undefined): void {
  const wrong = mimeTypes.find((type) => !isMediaType(type) && !/^(\*|[\w.+-]+)\/\*$/.test(type));
  if (wrong !== undefined || mimeTypes.length === 0) {
    throw new ServiceConfigurationError(
      `file() has among its mimeTypes ${describeValue(wrong)}; expected types such as image/png or image/*.`,
    );
  }
  if (maxBytes === undefined || (Number.isInteger(maxBytes) && maxBytes > 0)) return;
  throw new ServiceConfigurationError(
    `file() has as maxBytes ${describeValue(maxBytes)}; expected a number of bytes from 1.`,
  );
}

function decode(input: IncomingBody<Readable>, maxBytes: number | undefined): FileUpload {
  const { contentType, headers, filename, body } = input;
  const size = sizeOf(headers);
  if (maxBytes === undefined) return new FileUpload(body, { contentType, filename, size });
  if (size !== undefined && size > maxBytes) throw fileTooLarge(maxBytes);
  const limited = new LimitedStream(maxBytes, () => fileTooLarge(maxBytes));
  // Both ways by hand: pipeline() has no say in when the file is read.
  body.once('error', (error) => limited.destroy(error));
  limited.once('close', () => body.destroy());
  return new FileUpload(body.pipe(limited), { contentType, filename, size });
}

/** The length of a compressed body says nothing about the file's. */
function sizeOf(headers: IncomingBody<Readable>['headers']): number | undefined {
  const { 'content-length': length, 'content-encoding': encoding = 'identity' } = headers;
  return length === undefined || encoding !== 'identity' ? undefined : Number(length);
}

/** What is answered when a file is longer than its descriptor allows. */
export function fileTooLarge(maxBytes: number): BodyTooLargeError {
  return new BodyTooLargeError(`Expected a file of at most ${maxBytes} bytes, got more.`, {
    details: { maxBytes },
  });
}

function encode(value: unknown, preferred: string): OutgoingBody {
  if (value instanceof FileUpload) return encodeUpload(value);
  const contentType = preferred;
  if (value instanceof Readable) return { contentType, body: value };
  if (Buffer.isBuffer(value)) return { contentType, body: value };
  if (value instanceof Uint8Array) {
    const { buffer, byteOffset, byteLength } = value;
    return { contentType, body: Buffer.from(buffer, byteOffset, byteLength) };
  }
  const expected = 'a FileUpload, Readable, Buffer or Uint8Array';
  throw new UnencodableResultError('file', expected, describeValue(value));
}

function encodeUpload({ stream, contentType, filename, size }: FileUpload): OutgoingBody {
  if (!isMediaType(contentType.split(';', 1)[0].trim()) || /[^\x20-\x7e]/.test(contentType)) {
    throw new UnencodableResultError(
      'file',
      'a file with a media type',
      describeValue(contentType),
    );
  }
  const headers = {
    ...(filename === undefined ? {} : { 'content-disposition': writeAttachment(filename) }),
    ...(size === undefined ? {} : { 'content-length': String(size) }),
  };
  return { contentType, body: stream, headers };
}
