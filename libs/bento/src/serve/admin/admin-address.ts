import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  ApiDocument,
  RouteMethods,
  ServerLife,
  isOperatorRequest,
  isServedAt,
  markOperatorRequest,
} from 'bentonest/serving';
import type { FastifyRequest } from 'fastify';
import { AdminUnauthorizedError } from '../serve.errors.js';
import type { AdminOptions } from '../serve.options.js';

/** Methods that change nothing. */
const SAFE: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * The address of operators: another door to the same application, behind which are the infrastructure
 * endpoints and nothing else. Metrics are then behind this one only. It does not listen yet.
 *
 * @returns undefined where none is asked for
 */
export function createAdminServer(
  app: NestFastifyApplication,
  options: AdminOptions | undefined,
): Server | undefined {
  if (options?.port === undefined) return undefined;
  const fastify = app.getHttpAdapter().getInstance();
  const tokenDigest = options.token === undefined ? undefined : digest(options.token);
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!isServedHere(request)) reply.callNotFound();
    else done(refusalOf(request, tokenDigest));
  });
  const server = createServer((request, response) => {
    markOperatorRequest(request);
    fastify.routing(request, response);
  });
  app.get(ServerLife, { strict: false }).prepareOther(server);
  app.get(ApiDocument, { strict: false }).leaveToOperators();
  app.get(RouteMethods, { strict: false }).leaveToOperators();
  app.getHttpServer().once('close', () => {
    server.close();
    server.closeAllConnections();
  });
  return server;
}

function isServedHere({ raw, routeOptions, is404 }: FastifyRequest): boolean {
  return is404 || isServedAt(routeOptions.config, isOperatorRequest(raw));
}

/** What changes the process needs the token, and comes from no web page. */
function refusalOf(
  { raw }: FastifyRequest,
  tokenDigest: Buffer | undefined,
): AdminUnauthorizedError | undefined {
  if (!isOperatorRequest(raw) || SAFE.includes(raw.method ?? '')) return undefined;
  if (raw.headers.origin !== undefined) return new AdminUnauthorizedError('origin');
  if (tokenDigest === undefined) return new AdminUnauthorizedError('closed');
  const [, token] = /^Bearer (\S+)$/i.exec(raw.headers.authorization ?? '') ?? [];
  const isRight = token !== undefined && timingSafeEqual(digest(token), tokenDigest);
  return isRight ? undefined : new AdminUnauthorizedError('token');
}

/** Of one length, whatever the token's: the comparison tells nothing by its time. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
