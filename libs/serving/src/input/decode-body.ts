import { ServiceConfigurationError } from 'bentonest/errors';
import { matchContentType } from 'bentonest/io';
import type { BufferedDescriptor, IoDescriptor, StreamedDescriptor } from 'bentonest/io';
import type { FastifyRequest } from 'fastify';
import { openBody } from './stream-body.js';

const EMPTY = Buffer.alloc(0);

/**
 * Reads the body of a request by its descriptor: the bytes that the content-type parser left, or the
 * request's own stream.
 *
 * @throws UnsupportedMediaTypeError, and what the descriptor throws.
 */
export function decodeBody(descriptor: IoDescriptor, request: FastifyRequest): unknown {
  const { headers } = request;
  const contentType = matchContentType(headers['content-type'], descriptor.contentTypes);
  const buffered = descriptor.reads === 'buffer' ? descriptor : descriptor.buffered;
  if (buffered !== undefined && (buffered === descriptor || isOf(buffered, contentType))) {
    return buffered.decode({ contentType, headers, body: toBuffer(request.body, contentType) });
  }
  return (descriptor as StreamedDescriptor).decode({ contentType, headers, ...openBody(request) });
}

/** Whether a descriptor of streams gets a body of this content type as one. */
export function readsAsStream(
  { buffered, contentTypes }: StreamedDescriptor,
  header: string | undefined,
): boolean {
  if (buffered === undefined) return true;
  const [fallback = ''] = contentTypes;
  const type = header === undefined || header === '' ? fallback : header.split(';', 1)[0];
  return !isOf(buffered, type.trim().toLowerCase());
}

function isOf({ contentTypes }: BufferedDescriptor, contentType: string): boolean {
  return contentTypes.includes(contentType);
}

/** @throws ServiceConfigurationError for what a parser of the application's own has made of the bytes. */
function toBuffer(body: unknown, contentType: string): Buffer {
  if (Buffer.isBuffer(body)) return body;
  // No body at all.
  if (body === undefined || body === null) return EMPTY;
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw new ServiceConfigurationError(
    `The application's own content-type parser has parsed a body of type ${contentType}, of which the route reads the bytes. Have the parser give a Buffer, or register it for another type.`,
  );
}
