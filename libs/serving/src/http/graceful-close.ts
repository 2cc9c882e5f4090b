import type { FastifyInstance } from 'fastify';

/**
 * While the server closes, every answer says so: a keep-alive connection would otherwise hold the
 * server open until its client had no more requests.
 */
export function addGracefulClose(fastify: FastifyInstance): void {
  let isClosing = false;
  fastify.addHook('preClose', (done) => {
    isClosing = true;
    fastify.server.closeIdleConnections();
    done();
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) void reply.header('connection', 'close');
    done(null, payload);
  });
}
