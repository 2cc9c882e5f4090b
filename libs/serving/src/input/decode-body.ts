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
    return buffered.decode({ contentType, headers, body: toBuffer(request.body) });
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

function toBuffer(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  // Fastify's own parser for text/plain makes a string; no body at all is undefined.
  return typeof body === 'string' ? Buffer.from(body) : EMPTY;
}
