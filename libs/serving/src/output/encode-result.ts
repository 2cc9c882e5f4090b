import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { FileUpload, json } from 'bentonest/io';
import type { IoDescriptor, OutgoingBody } from 'bentonest/io';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { defaultOutput } from '../api-route.js';
import type { ApiRoute } from '../api-route.js';
import { publishUnfinished } from '../http/request-events.js';
import { recordOf } from '../http/request-record.js';
import { logBreak } from './log-break.js';
import { negotiate } from './negotiate.js';

type EncodedDone = (error: Error | null, payload?: unknown) => void;

/** Notes that what will be sent is a service's result and no error: interceptors stand in between. */
export function markSucceeded(request: FastifyRequest, result?: unknown): void {
  recordOf(request.raw).result = true;
  if (result instanceof StreamableFile) logBreak(request, result.getStream());
  else if (result instanceof FileUpload) logBreak(request, result.stream);
  else if (result instanceof Readable) logBreak(request, result);
}

/** Notes that what will be sent are lines of JSON, which were written by the output already. */
export function markLines(request: FastifyRequest): void {
  recordOf(request.raw).result = 'lines';
}

/**
 * Writes a service's result by its output descriptor, after all interceptors; a preSerialization hook.
 * Fastify sends strings, bytes and streams without it, so that it is an onSend hook as well.
 */
export function createResultEncoder(route: ApiRoute, hasSchema: boolean) {
  return (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: EncodedDone,
  ): void => {
    const record = recordOf(request.raw);
    const { result: mark } = record;
    if (mark === false) {
      done(null, payload);
      return;
    }
    // A handler may end after its client left: no hook of Fastify's tells those who count requests.
    if (reply.raw.destroyed) {
      record.result = false;
      publishUnfinished(request, reply);
      done(null, payload instanceof Readable ? payload : '');
      return;
    }
    const output = chooseOutput(route, payload);
    if (reply.statusCode >= 400 || mark === 'lines' || output === undefined) {
      if (mark === 'lines' && payload instanceof Readable) reply.header('content-type', LINES);
      // A schema for the answer is the user's, and so is what Fastify writes by it.
      else if (typeof payload === 'object' && !hasSchema) reply.serializer(toJson);
      done(null, payload);
      return;
    }
    record.result = false;
    encode(output, { request, reply, payload, done });
  };
}

const LINES = 'application/x-ndjson';
const defaultJson = json();

/** What Fastify's own would not: bigints, and typed arrays as lists. */
function toJson(payload: unknown): string {
  return (defaultJson.encode(payload, 'application/json') as OutgoingBody).body as string;
}

interface Encoding {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly payload: unknown;
  readonly done: EncodedDone;
}

function encode(output: IoDescriptor, { request, reply, payload, done }: Encoding): void {
  try {
    const contentType = negotiate(request.headers.accept, output.writes ?? output.contentTypes);
    const body = output.encode(payload, contentType);
    if (body instanceof Promise) body.then((ready) => finish(reply, ready, done), done);
    else finish(reply, body, done);
  } catch (error) {
    done(error as Error);
  }
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
