import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { publishRefused } from '../http/request-events.js';
import { stringifyErrorBody } from './error-body.js';
import { toPublicError } from './to-public-error.js';

/**
 * Answers the URLs that Fastify's router refuses (malformed, 400; a parameter too long, 414) like all
 * other errors. Fastify takes it with its own options only, before there is an application.
 *
 * @example
 * new FastifyAdapter({ frameworkErrors })
 */
export function frameworkErrors(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  publishRefused(request, reply);
  const told = toPublicError(error);
  void reply
    .status(told.statusCode)
    .header('content-type', 'application/json; charset=utf-8')
    .send(stringifyErrorBody(told, request.id));
}
