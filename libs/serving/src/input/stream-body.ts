import type { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { BentoError } from 'bentonest/errors';
import { BodyAbortedError, LimitedStream } from 'bentonest/io';
import type { IncomingBody } from 'bentonest/io';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bodyTooLarge } from './body-limit.js';
import { putBack, stopAndClose } from './stop-reading.js';

const OPEN_BODY = Symbol('bentonest.open-body');

/** A body as a descriptor gets it, and the end of its request. */
export type OpenBody = Required<Pick<IncomingBody<Readable>, 'body' | 'onRequestEnd'>>;

type StreamedRequest = FastifyRequest & { [OPEN_BODY]?: () => OpenBody };
type ParsingDone = (error: Error | null, payload: Readable) => void;
/** The length that Fastify compares with content-length, in the place of what it has read itself. */
type CountedStream = Readable & { receivedEncodedLength?: number };

/**
 * Keeps the body of a request from Fastify's parsers, which would hold it in memory, for a descriptor
 * that reads it as it comes; a preParsing hook. A body without content-length fails at the limit too.
 */
export function createStreamHook(
  bodyLimit: number,
  isStreamed: (contentType: string | undefined) => boolean,
) {
  return (
    request: StreamedRequest,
    reply: FastifyReply,
    payload: Readable,
    done: ParsingDone,
  ): void => {
    if (!isStreamed(request.headers['content-type'])) {
      done(null, payload);
      return;
    }
    request[OPEN_BODY] = () => {
      const stop = (): void => {
        payload.unpipe();
        payload.pause();
        stopAndClose(request.raw, reply.raw);
      };
      const body = new LimitedStream(bodyLimit, (chunk) => {
        stop();
        putBack(payload, chunk);
        return bodyTooLarge(bodyLimit);
      });
      const onRequestEnd = (release: () => void): void => onceClosed(reply.raw, release);
      // Without a listener, a client that leaves before anyone reads would end the process.
      body.on('error', () => undefined);
      // Not pipeline(), which would destroy the request, and with it the way for an answer.
      payload.once('error', (cause) => {
        // A body that cannot be decompressed says so itself.
        body.destroy(cause instanceof BentoError ? cause : new BodyAbortedError({ cause }));
      });
      body.once('close', () => discardRest(payload, bodyLimit - body.received, stop));
      onRequestEnd(() => {
        if (body.readableEnded) return;
        body.destroy(reply.raw.writableFinished ? undefined : new BodyAbortedError());
      });
      return { body: payload.pipe(body), onRequestEnd };
    };
    const nothing: CountedStream = Readable.from([]);
    nothing.receivedEncodedLength = Number(request.headers['content-length'] ?? 0);
    done(null, nothing);
  };
}

/** The request's own stream; nothing is read of it before. Without a body it ends at once. */
export function openBody(request: FastifyRequest): OpenBody {
  return (
    (request as StreamedRequest)[OPEN_BODY]?.() ?? {
      body: Readable.from([]),
      onRequestEnd: (release) => onceClosed(request.raw, release),
    }
  );
}

function onceClosed(
  stream: EventEmitter & { readonly closed: boolean },
  release: () => void,
): void {
  if (stream.closed) release();
  else stream.once('close', release);
}

/**
 * Reads what nobody wants any more, or else the client would still be sending, and its connection be
 * of no use; but no further than a body may be.
 */
function discardRest(payload: Readable, most: number, stop: () => void): void {
  if (payload.readableEnded || payload.destroyed || most < 0) return;
  payload.unpipe();
  let discarded = 0;
  const onData = (chunk: Buffer): void => {
    discarded += chunk.length;
    if (discarded <= most) return;
    payload.off('data', onData);
    stop();
    putBack(payload, chunk);
  };
  payload.on('data', onData);
  payload.resume();
}
