import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestChannel, requestStartChannel } from '../serving.channels.js';
import type { RequestEvent, RequestStartEvent, RouteInfo } from '../serving.channels.js';
import { InvalidHostError } from '../errors/serving.errors.js';
import { connectionOf, leaveAtEnd, tellAtEnd } from './connection-end.js';
import { hasOneHost } from './host.js';
import { BENTOML_REQUEST_ID_HEADER, requestIdOf } from './request-ids.js';
import { recordOf } from './request-record.js';

type Done = (error?: Error) => void;
type OnResponse = (request: FastifyRequest, reply: FastifyReply, done: Done) => void;

/**
 * Publishes each request of a route as it comes in, before its handler is asked. That of a client who left
 * while a middleware waited ends here: nobody is asked for it.
 */
export function createRequestHook(route: RouteInfo): OnResponse {
  const isService = route.service !== '';
  return (request, reply, done) => {
    const connection = connectionOf(request.raw);
    if (connection.destroyed) {
      publishAbandoned(route, request, reply);
      return;
    }
    if (requestChannel.hasSubscribers) tellAtEnd(connection, OPEN, reply, publishForClient);
    publishStart(route, request.raw, request.id);
    if (isService) reply.header(BENTOML_REQUEST_ID_HEADER, request.id);
    if (hasOneHost(request.raw)) done();
    else done(new InvalidHostError());
  };
}

const OPEN = Symbol('bentonest.open-replies');

/** What is not published yet: Fastify calls no hook for what is answered when its client has left. */
function publishForClient(reply: FastifyReply): void {
  // Of what got out whole, the hooks are on their way.
  if ((reply.raw.writableFinished as boolean | undefined) === true) return;
  publishUnfinished(reply.request, reply);
}

function publishAbandoned(route: RouteInfo, request: FastifyRequest, reply: FastifyReply): void {
  // Of HTTP/2, Fastify's last hook has told it.
  if (recordOf(request.raw).isPublished) return;
  publishStart(route, request.raw, request.id);
  publishUnfinished(request, reply);
}

/** Publishes each answered request of a route, in Fastify's last hook. */
export function createResponseHook(route: RouteInfo): OnResponse {
  return (request, reply, done) => {
    publish(route, request, reply);
    done();
  };
}

export function publishStart(
  route: RouteInfo,
  request: IncomingMessage,
  requestId = requestIdOf(request),
): void {
  if (!requestStartChannel.hasSubscribers) return;
  requestStartChannel.publish({ route, requestId, request } satisfies RequestStartEvent);
}

/** The status, known from nginx, of a request whose client left before it was answered. */
const CLIENT_CLOSED_REQUEST = 499;

/** Key of the RouteInfo in a Fastify route's config. */
const ROUTE_INFO = Symbol('bentonest.route-info');

/** The config of a Fastify route with what is reported of it. */
export function withRouteInfo(config: object | undefined, route: RouteInfo): object {
  return { ...config, [ROUTE_INFO]: route };
}

const NO_ROUTE: RouteInfo = { endpoint: '', method: '', service: '', version: '' };

/** Publishes requests that no route matched: unknown paths are one route to those who count. */
export const publishUnmatched: OnResponse = (request, reply, done) => {
  if (request.is404) publish(NO_ROUTE, request, reply);
  done();
};

/** What Node's parser refused in the middle of a request was answered past the response. */
export function answeredBeside(response: ServerResponse, statusCode: number): void {
  recordOf(response.req).answeredBeside = statusCode;
}

/** The status of a request whose answer did not get out whole. */
export function unfinishedStatus(response: ServerResponse): number {
  return recordOf(response.req).answeredBeside ?? CLIENT_CLOSED_REQUEST;
}

/** An answer of a mounted application is published as the mount's, not as that of a route. */
export function leaveToMount(response: ServerResponse): void {
  recordOf(response.req).isMounted = true;
}

export function takeFromMount(response: ServerResponse): void {
  recordOf(response.req).isMounted = false;
}

const NO_TRACE = { traceId: undefined, spanId: undefined };

function publish(
  route: RouteInfo,
  request: FastifyRequest,
  reply: FastifyReply,
  statusCode = finalStatus(reply),
): void {
  if (!requestChannel.hasSubscribers) return;
  const { elapsedTime: durationMs } = reply;
  const { raw: response } = reply;
  const record = recordOf(request.raw);
  if (record.isMounted || record.isPublished) return;
  record.isPublished = true;
  leaveAtEnd(connectionOf(request.raw), OPEN, reply);
  const responseBytes = lengthOf(reply.getHeader('content-length'));
  const { traceId, spanId } = record.trace ?? NO_TRACE;
  const event = {
    route,
    requestId: request.id,
    request: request.raw,
    response,
    statusCode,
    durationMs,
    responseBytes,
    traceId,
    spanId,
  };
  requestChannel.publish(event satisfies RequestEvent);
}

/** Publishes a request whose answer did not get out whole: Fastify calls no hook for it. */
export function publishUnfinished(
  request: FastifyRequest,
  reply: FastifyReply,
  statusCode = unfinishedStatus(reply.raw),
): void {
  const { [ROUTE_INFO]: route = NO_ROUTE } = request.routeOptions.config as {
    readonly [ROUTE_INFO]?: RouteInfo;
  };
  publish(route, request, reply, statusCode);
}

/** Publishes a request that Fastify's router refused, for which no hook is called. */
export function publishRefused(request: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once('close', () => publish(NO_ROUTE, request, reply));
}

export function lengthOf(header: unknown): number | string | undefined {
  return typeof header === 'number' || typeof header === 'string' ? header : undefined;
}

/** What the answer came to: it may have ended before all of it was on its way. */
function finalStatus({ raw, statusCode }: FastifyReply): number {
  return isWhole(raw) ? statusCode : unfinishedStatus(raw);
}

/** Whether an answer got out. */
export function isWhole(response: ServerResponse): boolean {
  const { stream } = response as { readonly stream?: { readonly aborted: boolean } };
  // HTTP/2 does not tell by writableFinished.
  if (stream === undefined) return response.writableFinished;
  return !stream.aborted && recordOf(response.req).answeredBeside === undefined;
}
