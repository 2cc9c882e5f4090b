import type { Readable } from 'node:stream';
import { UnsupportedMediaTypeException } from '@nestjs/common';
import { checkJsonDepth, parseJsonBody } from 'bentonest/io';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { getApiRoute } from '../api-route.js';
import { collectBody } from './collect-body.js';

type BodyDone = (error: Error | null, body?: unknown) => void;
type JsonParser = (request: FastifyRequest, body: string, done: BodyDone) => void;

interface RawBodyRequest extends FastifyRequest {
  rawBody?: Buffer;
}

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain';

/**
 * Leaves the bodies of our routes as bytes, of any content type, for their descriptors to read.
 * All other routes keep what they had: JSON by Fastify's own parser, 415 for unknown types.
 */
export function registerBodyParsers(adapter: FastifyAdapter, fastify: FastifyInstance): void {
  const { onProtoPoisoning, onConstructorPoisoning, bodyLimit } = fastify.initialConfig;
  const parseByFastify = fastify.getDefaultJsonParser(
    onProtoPoisoning ?? 'error',
    onConstructorPoisoning ?? 'error',
  ) as JsonParser;
  // Through the adapter first, so that Nest does not register its own over it.
  if (fastify.hasContentTypeParser(JSON_TYPE)) fastify.removeContentTypeParser(JSON_TYPE);
  adapter.useBodyParser(JSON_TYPE, false, { bodyLimit }, parseByFastify as never);
  fastify.removeContentTypeParser(JSON_TYPE);
  fastify.addContentTypeParser(JSON_TYPE, (request, payload: Readable, done) => {
    collectBody(request, payload, (error, body) => {
      if (error === null) parseJson(request, body, parseByFastify, done);
      else done(error);
    });
  });
  leaveTextAsBytes(fastify);
  fastify.addContentTypeParser('*', (request, payload: Readable, done) => {
    if (isOurs(request)) collectBody(request, payload, done);
    else done(new UnsupportedMediaTypeException(describeType(request)));
  });
}

/** Fastify's own parser would put replacement characters for what is no UTF-8. */
function leaveTextAsBytes(fastify: FastifyInstance): void {
  try {
    fastify.addContentTypeParser(TEXT_TYPE, (request, payload: Readable, done) => {
      collectBody(request, payload, (error, body) => {
        if (error === null) done(null, isOurs(request) ? body : body.toString());
        else done(error);
      });
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

function parseJson(
  request: RawBodyRequest,
  body: Buffer,
  parseByFastify: JsonParser,
  done: BodyDone,
): void {
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
  let value: unknown;
  try {
    // What a method of ours takes by Nest's own `@Body()` has the limits of what a descriptor reads;
    // a controller of Nest's, the bound that keeps the process alive.
    if (isService(request)) value = parseJsonBody(body);
    else checkJsonDepth(body);
  } catch (error) {
    done(error as Error);
    return;
  }
  if (isService(request)) done(null, value);
  else parseByFastify(request, body.toString(), done);
}

function isService(request: FastifyRequest): boolean {
  return getApiRoute(request.routeOptions.config) !== undefined;
}

function isOurs(request: FastifyRequest): boolean {
  return getApiRoute(request.routeOptions.config)?.input !== undefined;
}
