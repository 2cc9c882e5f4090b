import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestChannel, requestStartChannel } from '../serving.channels.js';
import type { RequestEvent, RequestStartEvent, RouteInfo } from '../serving.channels.js';
import { BENTOML_REQUEST_ID_HEADER, requestIdOf } from './request-ids.js';
import { traceOf } from './request-trace.js';

type Done = () => void;
type OnResponse = (request: FastifyRequest, reply: FastifyReply, done: Done) => void;

/** Publishes each request of a route as it comes in, before its handler is asked. */
export function createRequestHook(route: RouteInfo): OnResponse {
  const isService = route.service !== '';
  return ({ id, raw }, reply, done) => {
    publishStart(route, raw, id);
    if (isService) reply.header(BENTOML_REQUEST_ID_HEADER, id);
    done();
  };
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
export const CLIENT_CLOSED_REQUEST = 499;

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

const MOUNTED = Symbol('bentonest.mounted');

type AnyResponse = ServerResponse & { [MOUNTED]?: boolean };

/** An answer of a mounted application is published as the mount's, not as that of a route. */
export function leaveToMount(response: ServerResponse): void {
  (response as AnyResponse)[MOUNTED] = true;
}

export function takeFromMount(response: ServerResponse): void {
  (response as AnyResponse)[MOUNTED] = false;
}

function isPublished({ raw }: FastifyReply): boolean {
  return requestChannel.hasSubscribers && (raw as AnyResponse)[MOUNTED] !== true;
}

function publish(route: RouteInfo, request: FastifyRequest, reply: FastifyReply): void {
  if (isPublished(reply)) publishEvent(route, request, reply, finalStatus(reply));
}

/** Publishes a request whose answer did not get out whole: Fastify calls no hook for it. */
export function publishUnfinished(
  request: FastifyRequest,
  reply: FastifyReply,
  statusCode: number,
): void {
  if (!isPublished(reply)) return;
  const { [ROUTE_INFO]: route = NO_ROUTE } = request.routeOptions.config as {
    readonly [ROUTE_INFO]?: RouteInfo;
  };
  publishEvent(route, request, reply, statusCode);
}

const NO_TRACE = { traceId: undefined, spanId: undefined };

function publishEvent(
  route: RouteInfo,
  { id: requestId, raw: request }: FastifyRequest,
  { raw: response, elapsedTime: durationMs }: FastifyReply,
  statusCode: number,
): void {
  const { traceId, spanId } = traceOf(request) ?? NO_TRACE;
  const event = { route, requestId, request, response, statusCode, durationMs, traceId, spanId };
  requestChannel.publish(event satisfies RequestEvent);
}

/** What the answer came to: it may have ended before all of it was on its way. */
function finalStatus({ raw, statusCode }: FastifyReply): number {
  // HTTP/2 does not tell.
  if ((raw as { readonly writableFinished?: boolean }).writableFinished !== false)
    return statusCode;
  return CLIENT_CLOSED_REQUEST;
}
