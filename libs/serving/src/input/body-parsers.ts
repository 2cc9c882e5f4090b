import { UnsupportedMediaTypeException } from '@nestjs/common';
import { parseJsonBody } from 'bentonest/io';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { getApiRoute } from '../api-route.js';

type BodyDone = (error: Error | null, body?: unknown) => void;
type JsonParser = (request: FastifyRequest, body: string, done: BodyDone) => void;

interface RawBodyRequest extends FastifyRequest {
  rawBody?: Buffer;
}

const JSON_TYPE = 'application/json';

/**
 * Leaves the bodies of our routes as bytes, of any content type, for their descriptors to read.
 * All other routes keep what they had: JSON by Fastify's own parser, 415 for unknown types.
 */
export function registerBodyParsers(adapter: FastifyAdapter, fastify: FastifyInstance): void {
  const { onProtoPoisoning, onConstructorPoisoning, bodyLimit } = fastify.initialConfig;
  const parseJson = fastify.getDefaultJsonParser(
    onProtoPoisoning ?? 'error',
    onConstructorPoisoning ?? 'error',
  ) as JsonParser;
  const parse = (request: RawBodyRequest, body: Buffer, done: BodyDone): void => {
    if (isOurs(request)) {
      done(null, body);
      return;
    }
    // A method of ours that takes no body is called by clients that name a type all the same.
    if (body.length === 0 && isService(request)) {
      done(null, undefined);
      return;
    }
    request.rawBody = body;
    if (isService(request)) {
      parseBounded(body, done);
      return;
    }
    parseJson(request, body.toString(), done);
  };
  if (fastify.hasContentTypeParser(JSON_TYPE)) fastify.removeContentTypeParser(JSON_TYPE);
  // Through the adapter, so that Nest does not register its own over it.
  adapter.useBodyParser(JSON_TYPE, false, { bodyLimit }, parse as never);
  leaveTextAsBytes(fastify);
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    if (isOurs(request)) done(null, body);
    else done(new UnsupportedMediaTypeException(describeType(request)));
  });
}

/** Fastify's own parser would put replacement characters for what is no UTF-8. */
function leaveTextAsBytes(fastify: FastifyInstance): void {
  try {
    fastify.addContentTypeParser('text/plain', { parseAs: 'buffer' }, (request, body, done) => {
      done(null, isOurs(request) ? body : body.toString());
    });
  } catch (error) {
    // The application has one of its own, which stays.
    if ((error as NodeJS.ErrnoException).code !== 'FST_ERR_CTP_ALREADY_PRESENT') throw error;
  }
}

function describeType({ headers }: FastifyRequest): string {
  const got = headers['content-type'] ?? 'none';
  return `Expected a body of a type that this route reads, got ${got}. Set the content-type header.`;
}

/** What a method of ours takes by Nest's own `@Body()` has the limits of what a descriptor reads. */
function parseBounded(body: Buffer, done: BodyDone): void {
  let value: unknown;
  try {
    value = parseJsonBody(body);
  } catch (error) {
    done(error as Error);
    return;
  }
  done(null, value);
}

function isService(request: FastifyRequest): boolean {
  return getApiRoute(request.routeOptions.config) !== undefined;
}

function isOurs(request: FastifyRequest): boolean {
  return getApiRoute(request.routeOptions.config)?.input !== undefined;
}
