import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/**
 * Time for which a closing server goes on answering, in milliseconds: each answer then tells its
 * client to leave, so that few keep-alive connections are cut with a request on its way.
 */
const FAREWELL_MS = 200;

/** Lets clients leave before the server stops listening. */
export async function sayFarewell(fastify: FastifyInstance): Promise<void> {
  if (!fastify.server.listening) return;
  // Before Fastify's own listener, and only now: a hook would cost every request until then.
  fastify.server.prependListener('request', sendConnectionClose);
  await sleep(FAREWELL_MS);
}

function sendConnectionClose(_request: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false;
}
