import type { IncomingMessage, ServerResponse } from 'node:http';
import { Catch, HttpException, Logger, NotFoundException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BentoError } from 'bentonest/errors';
import { CallScope } from 'bentonest/runner';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { originOf } from '../http/call-origin.js';
import { publishUnfinished } from '../http/request-events.js';
import { bodyTooLarge } from '../input/body-limit.js';
import { MethodNotAllowedError } from './serving.errors.js';
import { describeFailure } from './describe-failure.js';
import { stringifyErrorBody } from './error-body.js';
import type { PublicError } from './error-body.js';
import { RouteMethods } from './route-methods.js';
import { toPublicError } from './to-public-error.js';

const INTERNAL_SERVER_ERROR = 500;
const BAD_GATEWAY = 502;

/** Middleware has Node's request, with the id that Fastify gave it. */
type AnyRequest =
  FastifyRequest | (IncomingMessage & { readonly id?: string; originalUrl?: string });
type AnyReply = FastifyReply | ServerResponse;

/**
 * The one translation of errors into HTTP, for all routes of the application and for what Fastify
 * raises before there is one. It comes after every filter of the application's own. What a client did
 * wrong is no event for the log; what the server did wrong is logged with stack and cause, under the
 * request's id.
 */
@Catch()
export class BentoErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('BentoNest');

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly routes: RouteMethods,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    // RPC and GraphQL answer errors in their own ways.
    if (host.getType() !== 'http') return;
    const http = host.switchToHttp();
    const request = http.getRequest<AnyRequest>();
    const reply = http.getResponse<AnyReply>();
    const exception = this.explain(thrown, request);
    const error = toPublicError(exception);
    const requestId = request.id ?? '';
    const isLeft = isClosed(reply);
    const isCut = !isLeft && this.adapterHost.httpAdapter.isHeadersSent(reply);
    if (isCut || isServerFault(exception, error.statusCode)) {
      const { headers } = request;
      // The log's lines have the ids of the scope that they are written in.
      new CallScope(originOf({ id: requestId, headers })).run(() =>
        this.logger.error(`${reasonOf(thrown)} (request ${requestId})`, describeFailure(thrown)),
      );
    }
    if (isLeft) publishLeft(request, reply);
    else if (isCut) cutOff(request, reply);
    else this.answer(reply, error, { requestId, exception });
  }

  /** Puts the precise error into the place of one that Fastify and Nest raise without details. */
  private explain(thrown: unknown, request: AnyRequest): unknown {
    if (!(thrown instanceof HttpException)) return thrown;
    if (thrown instanceof NotFoundException) {
      const { httpAdapter } = this.adapterHost;
      const method = String(httpAdapter.getRequestMethod?.(request));
      const url = String(httpAdapter.getRequestUrl?.(request));
      // The words of Nest's handler for what no route matched.
      if (thrown.message !== `Cannot ${method} ${url}`) return thrown;
      const allowed = this.routes.findOthers(method, url);
      return allowed.length === 0 ? thrown : new MethodNotAllowedError(method, allowed);
    }
    const { code } = (thrown.cause ?? {}) as { readonly code?: unknown };
    if (code !== 'FST_ERR_CTP_BODY_TOO_LARGE' || !('routeOptions' in request)) return thrown;
    return bodyTooLarge(request.routeOptions.bodyLimit);
  }

  private answer(
    reply: AnyReply,
    error: PublicError,
    { requestId, exception }: { readonly requestId: string; readonly exception: unknown },
  ): void {
    const { httpAdapter } = this.adapterHost;
    const { statusCode, retryAfterMs } = error;
    if (exception instanceof MethodNotAllowedError) {
      httpAdapter.setHeader(reply, 'allow', exception.allowed.join(', '));
    }
    if (retryAfterMs !== undefined) {
      httpAdapter.setHeader(reply, 'retry-after', String(Math.ceil(retryAfterMs / 1000)));
    }
    httpAdapter.setHeader(reply, 'content-type', 'application/json; charset=utf-8');
    httpAdapter.reply(reply, stringifyErrorBody(error, requestId), statusCode);
  }
}

/** Of those that are thrown on purpose, a 500 says that something is broken, and a 502 of ours that something else is. */
function isServerFault(exception: unknown, statusCode: number): boolean {
  if (statusCode === INTERNAL_SERVER_ERROR) return true;
  if (exception instanceof BentoError) return statusCode === BAD_GATEWAY;
  return !(exception instanceof HttpException) && statusCode >= 500;
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : `${describeFailure(thrown)} was thrown`;
}

function isClosed(reply: AnyReply): boolean {
  const response = responseOf(reply);
  return response.destroyed && !response.writableFinished;
}

/** Nobody reads the answer; those who count requests are told. */
function publishLeft(request: AnyRequest, reply: AnyReply): void {
  if (!('raw' in request) || !('raw' in reply)) return;
  publishUnfinished(request, reply);
}

/** What has begun as a success cannot end as an error: a client sees that the answer is not whole. */
function cutOff(request: AnyRequest, reply: AnyReply): void {
  const response = responseOf(reply);
  if (response.writableEnded) return;
  response.destroy();
  if (!('raw' in request) || !('raw' in reply)) return;
  publishUnfinished(request, reply, INTERNAL_SERVER_ERROR);
}

function responseOf(reply: AnyReply): ServerResponse {
  return 'raw' in reply ? reply.raw : reply;
}
