import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import type { IoDescriptor, OutgoingBody } from 'bentonest/io';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { defaultOutput } from '../api-route.js';
import type { ApiRoute } from '../api-route.js';
import { CLIENT_CLOSED_REQUEST, publishUnfinished } from '../http/request-events.js';
import { logBreak } from './log-break.js';
import { negotiate } from './negotiate.js';

type EncodedDone = (error: Error | null, payload?: unknown) => void;

const SUCCEEDED = Symbol('bentonest.succeeded');

type MarkedRequest = FastifyRequest & { [SUCCEEDED]?: boolean };

/** Notes that what will be sent is a service's result and no error: interceptors stand in between. */
export function markSucceeded(request: FastifyRequest, result: unknown): void {
  (request as MarkedRequest)[SUCCEEDED] = true;
  if (result instanceof StreamableFile) logBreak(request, result.getStream());
  else if (result instanceof Readable) logBreak(request, result);
}

/**
 * Writes a service's result by its output descriptor, after all interceptors; a preSerialization hook.
 * Fastify sends strings, bytes and streams without it, so that it is an onSend hook as well.
 */
export function createResultEncoder(route: ApiRoute) {
  return (
    request: MarkedRequest,
    reply: FastifyReply,
    payload: unknown,
    done: EncodedDone,
  ): void => {
    // A handler may end after its client left: no hook of Fastify's tells those who count requests.
    if (reply.raw.destroyed && request[SUCCEEDED] === true) {
      request[SUCCEEDED] = false;
      publishUnfinished(request, reply, CLIENT_CLOSED_REQUEST);
      done(null, payload instanceof Readable ? payload : '');
      return;
    }
    const output = chooseOutput(route, payload);
    if (output === undefined || request[SUCCEEDED] !== true || reply.statusCode >= 400) {
      done(null, payload);
      return;
    }
    request[SUCCEEDED] = false;
    try {
      const contentType = negotiate(request.headers.accept, output.writes ?? output.contentTypes);
      const body = output.encode(payload, contentType);
      if (body instanceof Promise) body.then((ready) => finish(reply, ready, done), done);
      else finish(reply, body, done);
    } catch (error) {
      done(error as Error);
    }
  };
}

/** Nothing is an empty body, where JSON was declared or nothing was. */
function chooseOutput({ output }: ApiRoute, payload: unknown): IoDescriptor | undefined {
  if (output === undefined) return defaultOutput(payload);
  return payload === undefined && output.kind === 'json' ? undefined : output;
}

function finish(reply: FastifyReply, body: OutgoingBody, done: EncodedDone): void {
  const { contentType, headers } = body;
  reply.header(
    'content-type',
    contentType === 'application/json' ? 'application/json; charset=utf-8' : contentType,
  );
  if (headers !== undefined) reply.headers({ ...headers });
  reply.serializer(asIs);
  done(null, body.body);
}

function asIs(payload: unknown): string {
  return payload as string;
}
