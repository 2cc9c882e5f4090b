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

function publish(route: RouteInfo, reply: FastifyReply): void {
  if (!requestChannel.hasSubscribers) return;
  const { elapsedTime } = reply;
  const statusCode = finalStatus(reply);
  requestChannel.publish({ route, statusCode, durationMs: elapsedTime } satisfies RequestEvent);
}

/** Publishes a request whose answer did not get out whole: Fastify calls no hook for it. */
export function publishUnfinished(
  request: FastifyRequest,
  { elapsedTime }: FastifyReply,
  statusCode: number,
): void {
  if (!requestChannel.hasSubscribers) return;
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
