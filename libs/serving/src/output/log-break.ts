import type { Readable } from 'node:stream';
import { Logger } from '@nestjs/common';
import { CallScope } from 'bentonest/runner';
import type { FastifyRequest } from 'fastify';
import { describeFailure } from '../errors/describe-failure.js';
import { originOf } from '../http/call-origin.js';
import { connectionOf } from '../http/connection-end.js';

const logger = new Logger('BentoNest');

/**
 * Logs that a streamed result failed when a part of it was sent. Fastify cuts the connection then and
 * calls no error handler; what fails earlier is answered, and logged, as any other error.
 */
export function logBreak(request: FastifyRequest, stream: Readable): void {
  stream.once('error', (error) => {
    const connection = connectionOf(request.raw);
    // Fastify hears of the error after this listener.
    setImmediate(() => {
      if (!connection.destroyed) return;
      new CallScope(originOf(request)).run(() =>
        logger.error(
          `The answer broke off: ${error.message} (request ${request.id})`,
          describeFailure(error),
        ),
      );
    });
  });
}
