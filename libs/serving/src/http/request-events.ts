import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestChannel } from '../serving.channels.js';
import type { RequestEvent, RouteInfo } from '../serving.channels.js';

type Done = () => void;
type OnResponse = (request: FastifyRequest, reply: FastifyReply, done: Done) => void;

/** Publishes each answered request of a route, in Fastify's last hook. */
export function createResponseHook(route: RouteInfo): OnResponse {
  return (_request, reply, done) => {
    publish(route, reply);
    done();
  };
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
  if (request.is404) publish(NO_ROUTE, reply);
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

function publish(route: RouteInfo, reply: FastifyReply): void {
  if (!isPublished(reply)) return;
  const { elapsedTime } = reply;
  const statusCode = finalStatus(reply);
  requestChannel.publish({ route, statusCode, durationMs: elapsedTime } satisfies RequestEvent);
}

/** Publishes a request whose answer did not get out whole: Fastify calls no hook for it. */
export function publishUnfinished(
  request: FastifyRequest,
  reply: FastifyReply,
  statusCode: number,
): void {
  if (!isPublished(reply)) return;
  const { elapsedTime } = reply;
  const { [ROUTE_INFO]: route = NO_ROUTE } = request.routeOptions.config as {
    readonly [ROUTE_INFO]?: RouteInfo;
  };
  requestChannel.publish({ route, statusCode, durationMs: elapsedTime } satisfies RequestEvent);
}

/** What the answer came to: it may have ended before all of it was on its way. */
function finalStatus({ raw, statusCode }: FastifyReply): number {
  // HTTP/2 does not tell.
  if ((raw as { readonly writableFinished?: boolean }).writableFinished !== false)
    return statusCode;
  return CLIENT_CLOSED_REQUEST;
}
