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

const NO_ROUTE: RouteInfo = { endpoint: '', method: '', service: '', version: '' };

/** Publishes requests that no route matched: unknown paths are one route to those who count. */
export const publishUnmatched: OnResponse = (request, reply, done) => {
  if (request.is404) publish(NO_ROUTE, reply);
  done();
};

function publish(route: RouteInfo, reply: FastifyReply): void {
  if (!requestChannel.hasSubscribers) return;
  const { statusCode, elapsedTime } = reply;
  requestChannel.publish({ route, statusCode, durationMs: elapsedTime } satisfies RequestEvent);
}
