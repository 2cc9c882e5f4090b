import { Readable } from 'node:stream';
import type { IoDescriptor } from 'bentonest/io';
import type { FastifyRequest } from 'fastify';
import { matchContentType } from './content-type.js';

const EMPTY = Buffer.alloc(0);

/**
 * Reads the body of a request, which the content-type parser left as bytes, by its descriptor.
 *
 * @throws UnsupportedMediaTypeError, and what the descriptor throws.
 */
export function decodeBody(descriptor: IoDescriptor, request: FastifyRequest): unknown {
  const { headers } = request;
  const contentType = matchContentType(headers['content-type'], descriptor.contentTypes);
  const body = toBuffer(request.body);
  return descriptor.reads === 'buffer'
    ? descriptor.decode({ contentType, headers, body })
    : descriptor.decode({ contentType, headers, body: Readable.from([body]) });
}

function toBuffer(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  // Fastify's own parser for text/plain makes a string; no body at all is undefined.
  return typeof body === 'string' ? Buffer.from(body) : EMPTY;
}
