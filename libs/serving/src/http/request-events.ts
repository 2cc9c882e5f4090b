import type { FastifyInstance } from 'fastify';
import { getApiRoute } from '../api-route.js';
import { publishRequestEvent } from '../serving.channels.js';

/** Publishes every answered request, in Fastify's last hook: it costs nothing where nobody listens. */
export function addRequestEvents(fastify: FastifyInstance): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    publishRequestEvent(() => {
      const { config, url, method } = request.routeOptions;
      const route = getApiRoute(config);
      return {
        endpoint: url ?? '',
        method: String(method ?? request.method),
        statusCode: reply.statusCode,
        durationMs: reply.elapsedTime,
        service: route?.service.name ?? '',
        version: route?.service.version ?? '',
      };
    });
    done();
  });
}
