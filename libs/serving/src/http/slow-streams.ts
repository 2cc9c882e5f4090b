import { Server } from 'node:http';
import { constants } from 'node:http2';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { Server as SecureServer } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { RawServerBase } from 'fastify';
import { answerLate } from '../errors/client-errors.js';
import { answeredBeside } from './request-events.js';

/** How long the body of a request may take, in milliseconds; 0 is no limit. */
export interface BodyTimes {
  /** For which nothing more of it may come. */
  readonly idleMs: number;
  /** For all of it. */
  readonly totalMs: number;
}

/** Node bounds bodies of HTTP/1 only: of HTTP/2 a request whose body stops is let go by this. */
export function boundStreams(server: RawServerBase, times: BodyTimes): void {
  if (server instanceof Server || server instanceof SecureServer) return;
  const watch = (request: Http2ServerRequest, response: Http2ServerResponse): void => {
    // Beside HTTP/2, a server with TLS may speak HTTP/1.
    if (request.httpVersionMajor === 2 && !request.complete) bound(request, response, times);
  };
  server.on('request', watch as never);
}

function bound(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  { idleMs, totalMs }: BodyTimes,
): void {
  const { stream } = request;
  if (stream.endAfterHeaders) return;
  const whole = totalMs === 0 ? undefined : setTimeout(() => refuse(request, response), totalMs);
  whole?.unref();
  const onIdle = (): void => {
    // A body that we do not read fast enough is no fault of its client's.
    if (request.readableLength + stream.readableLength > 0) stream.setTimeout(idleMs, onIdle);
    else refuse(request, response);
  };
  if (idleMs > 0) stream.setTimeout(idleMs, onIdle);
  stream.once('close', () => clearTimeout(whole));
  // What nobody reads of a body, such as one that is too long, takes of the window of the whole connection.
  stream.once('finish', () => {
    if (stream.readableEnded) return;
    request.resume();
    stream.close(constants.NGHTTP2_NO_ERROR);
  });
  stream.once('end', () => {
    clearTimeout(whole);
    stream.off('timeout', onIdle);
    stream.setTimeout(0);
  });
}

function refuse(request: Http2ServerRequest, response: Http2ServerResponse): void {
  const { stream } = request;
  if (stream.destroyed) return;
  answeredBeside(response as unknown as ServerResponse, 408);
  // Into an answer that is on its way no other may be written.
  if (response.headersSent) stream.close(constants.NGHTTP2_CANCEL);
  else answerLate(request, response);
}
