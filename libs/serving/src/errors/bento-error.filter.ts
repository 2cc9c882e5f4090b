import { STATUS_CODES } from 'node:http';
import { Catch, Logger } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { BentoError } from 'bentonest/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The body of every error answer. */
export interface ErrorBody {
  readonly statusCode: number;
  /** The status in words. */
  readonly error: string;
  readonly message: string;
  /** Stable code, with a heading in docs/errors.md. */
  readonly errorCode: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly requestId: string;
}

/**
 * The one translation of BentoErrors into HTTP. What a client did wrong is no event for the log; what
 * the server did wrong is logged with stack and cause, under the request's id.
 */
@Catch(BentoError)
export class BentoErrorFilter implements ExceptionFilter<BentoError> {
  private readonly logger = new Logger('BentoNest');

  catch(error: BentoError, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const requestId = request.id;
    if (error.statusCode === 500) this.log(error, requestId);
    if (reply.sent) return;
    if (error.retryAfterMs !== undefined) {
      void reply.header('retry-after', Math.ceil(error.retryAfterMs / 1000));
    }
    void reply.status(error.statusCode).send(toErrorBody(error, requestId));
  }

  private log(error: BentoError, requestId: string): void {
    const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : '';
    this.logger.error(`${error.message} (request ${requestId})`, `${error.stack}${cause}`);
  }
}

function toErrorBody(error: BentoError, requestId: string): ErrorBody {
  const { statusCode, message, code, details } = error;
  return {
    statusCode,
    error: STATUS_CODES[statusCode] ?? 'Error',
    message,
    errorCode: code,
    ...(details === undefined ? {} : { details }),
    requestId,
  };
}
