import { Readable, Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { PayloadTooLargeException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

const OPEN_BODY = Symbol('bentonest.open-body');

type StreamedRequest = FastifyRequest & { [OPEN_BODY]?: () => Readable };
type ParsingDone = (error: Error | null, payload: Readable) => void;
/** The length that Fastify compares with content-length, in the place of what it has read itself. */
type CountedStream = Readable & { receivedEncodedLength?: number };

/**
 * Keeps the body of a request from Fastify's parsers, which would hold it in memory, for a descriptor
 * that reads it as it comes; a preParsing hook. A body without content-length fails at the limit too.
 */
export function createStreamHook(bodyLimit: number) {
  return (
    request: StreamedRequest,
    reply: FastifyReply,
    payload: Readable,
    done: ParsingDone,
  ): void => {
    request[OPEN_BODY] = () => {
      const body = new LimitedBody(bodyLimit, () => void reply.header('connection', 'close'));
      // Not pipeline(), which would destroy the request, and with it the way for an answer.
      payload.once('error', (error) => body.destroy(error));
      return payload.pipe(body);
    };
    const nothing: CountedStream = Readable.from([]);
    nothing.receivedEncodedLength = Number(request.headers['content-length'] ?? 0);
    done(null, nothing);
  };
}

/** The request's own stream; nothing is read of it before. Without a body it ends at once. */
export function openBody(request: FastifyRequest): Readable {
  return (request as StreamedRequest)[OPEN_BODY]?.() ?? Readable.from([]);
}

class LimitedBody extends Transform {
  private received = 0;

  constructor(
    private readonly limit: number,
    private readonly onExceeded: () => void,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.received += chunk.length;
    if (this.received <= this.limit) {
      done(null, chunk);
      return;
    }
    this.onExceeded();
    done(new PayloadTooLargeException('Request body is too large'));
  }
}
