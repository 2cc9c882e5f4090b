import { matchContentType } from 'bentonest/io';
import type { IoDescriptor } from 'bentonest/io';
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
  return descriptor.reads === 'buffer'
    ? descriptor.decode({ contentType, headers, body: toBuffer(request.body) })
    : descriptor.decode({ contentType, headers, ...openBody(request) });
}

function toBuffer(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  // Fastify's own parser for text/plain makes a string; no body at all is undefined.
  return typeof body === 'string' ? Buffer.from(body) : EMPTY;
}
