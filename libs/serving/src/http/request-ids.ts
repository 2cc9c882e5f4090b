import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { recordOf } from './request-record.js';

/** The header by which a client, or a proxy before it, names its request, and by which we do. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** BentoML's name for it, in answers of services. */
export const BENTOML_REQUEST_ID_HEADER = 'x-bentoml-request-id';

/** Printable ASCII without spaces: safe in a header, in a log line and in a shell. */
const ACCEPTED = /^[!-~]{1,128}$/;

/** Tells this process's ids from those of others; a number of its own tells them from each other. */
const ids = { prefix: randomBytes(6).toString('hex'), count: 0 };

/** An id that no other request has. */
export function createRequestId(): string {
  return `${ids.prefix}-${(ids.count++).toString(36)}`;
}

/**
 * Gives every request the id that its client sent, or one of ours where it sent none that can be used.
 * A `genReqId` or `requestIdHeader` of the application's own goes on to decide what ours would be.
 */
export function identifyRequests(fastify: FastifyInstance): void {
  // Fastify has it, its types do not.
  const { genReqId } = fastify as unknown as { readonly genReqId: (request: object) => string };
  const isFastifys = genReqId.name === 'defaultGenReqId';
  fastify.setGenReqId((request: IncomingMessage) => {
    const { [REQUEST_ID_HEADER]: sent } = request.headers;
    const isAccepted = typeof sent === 'string' && ACCEPTED.test(sent);
    const id = isAccepted ? sent : isFastifys ? createRequestId() : genReqId(request);
    recordOf(request).id = id;
    return id;
  });
}

/** The id of a request where nobody knows of Fastify's: in middleware and in mounted applications. */
export function requestIdOf(request: IncomingMessage): string {
  return recordOf(request).id;
}

type SentDone = (error: Error | null, payload?: unknown) => void;

/** Names the request in its answer; an onSend hook, which also sees what other hooks have answered. */
export function answerRequestId(
  { id }: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: SentDone,
): void {
  if (!reply.hasHeader(REQUEST_ID_HEADER)) reply.header(REQUEST_ID_HEADER, id);
  done(null, payload);
}

type Use = (...args: readonly unknown[]) => unknown;
type Next = () => unknown;

/**
 * Has middleware and mounted applications find the id in the request's headers, and has it in the
 * answers that they give by themselves, which Fastify does not see.
 */
export function identifyForMiddleware(adapter: FastifyAdapter): void {
  const createFactory = adapter.createMiddlewareFactory.bind(adapter);
  adapter.createMiddlewareFactory = async (method) => {
    const register = await createFactory(method);
    return (path, callback) =>
      register(path, (request: IncomingMessage, response: ServerResponse, next: Next): unknown => {
        mark(request, response);
        return callback(request, response, next) as unknown;
      });
  };
  const use = adapter.use.bind(adapter) as Use;
  let isFirst = true;
  adapter.use = ((...args: readonly unknown[]): unknown => {
    if (isFirst) {
      use((request: IncomingMessage, response: ServerResponse, next: Next): void => {
        mark(request, response);
        next();
      });
    }
    isFirst = false;
    return use(...args);
  }) as typeof adapter.use;
}

function mark(request: IncomingMessage, response: ServerResponse): void {
  const id = requestIdOf(request);
  request.headers[REQUEST_ID_HEADER] = id;
  if (!response.headersSent) response.setHeader(REQUEST_ID_HEADER, id);
}
