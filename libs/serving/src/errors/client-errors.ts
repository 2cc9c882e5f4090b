import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { answeredBeside } from '../http/request-events.js';
import { clientErrorChannel } from '../serving.channels.js';
import type { ClientErrorEvent } from '../serving.channels.js';
import { createRequestId, requestIdOf } from '../http/request-ids.js';
import { phraseOf, stringifyErrorBody } from './error-body.js';
import type { PublicError } from './error-body.js';

/** What Node keeps at a connection while an answer is on its way. */
interface HttpSocket extends Socket {
  readonly _httpMessage?: ServerResponse | null;
}

type Listener = (error: NodeJS.ErrnoException, socket: HttpSocket) => void;

const MALFORMED: PublicError = {
  statusCode: 400,
  message: 'Expected a request by HTTP/1.1, got one that is malformed.',
};

const LATE: PublicError = {
  statusCode: 408,
  message: 'Expected the whole request in time, got a part of it. Send it faster.',
};

const BY_CODE: Readonly<Partial<Record<string, PublicError>>> = {
  ERR_HTTP_REQUEST_TIMEOUT: LATE,
  HPE_HEADER_OVERFLOW: {
    statusCode: 431,
    message: 'Expected less in the headers, got more than is read. Send fewer or shorter ones.',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    statusCode: 413,
    message: 'Expected less in the extensions of chunks, got more than is read. Send none.',
  },
};

/** The connection ended before its request did. */
const ENDED = 'HPE_INVALID_EOF_STATE';

/** The name of the listener that Fastify adds where the application set no clientErrorHandler. */
const FASTIFY_DEFAULT = 'bound defaultClientErrorHandler';

/**
 * Answers what Node's parser refuses, which never becomes a request, as other errors are answered.
 * A `clientErrorHandler` of the application's own stays.
 */
export function answerClientErrors({ server }: FastifyInstance): void {
  for (const listener of server.listeners('clientError')) {
    if (listener.name !== FASTIFY_DEFAULT) continue;
    server.off('clientError', listener as Listener);
    server.on('clientError', answerClientError);
  }
}

export const answerClientError: Listener = (error, socket) => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  // Into an answer that is on its way no other may be written.
  const { _httpMessage: response } = socket;
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && response) answeredBeside(response, 408);
  if (!socket.writable || response?.headersSent === true) {
    socket.destroy(error);
    return;
  }
  const told = BY_CODE[error.code ?? ''] ?? MALFORMED;
  // What is no request has no id; this one is for those who read answers by their shape.
  const requestId = createRequestId();
  // A client may have ended its own side alone: it is told, and counts as one that left.
  const hasLeft = error.code === ENDED && Boolean(response);
  if (!hasLeft) publish({ statusCode: told.statusCode, requestId, socket });
  socket.write(toAnswer(told, requestId));
  socket.destroySoon();
};

/** A request that is under way is published when it ends, with this status; what is none, now. */
function publish({ statusCode, requestId, socket }: Refusal): void {
  const { _httpMessage: response, remoteAddress } = socket;
  if (response) answeredBeside(response, statusCode);
  else if (clientErrorChannel.hasSubscribers) {
    clientErrorChannel.publish({ statusCode, requestId, remoteAddress } satisfies ClientErrorEvent);
  }
}

interface Refusal {
  readonly statusCode: number;
  readonly requestId: string;
  readonly socket: HttpSocket;
}

/** The same to a client of HTTP/2, whose other requests go on. */
export function answerLate(request: Http2ServerRequest, response: Http2ServerResponse): void {
  const id = requestIdOf(request as unknown as IncomingMessage);
  response.writeHead(LATE.statusCode, {
    'x-request-id': id,
    'content-type': 'application/json; charset=utf-8',
  });
  response.end(stringifyErrorBody(LATE, id));
}

function toAnswer(error: PublicError, id: string): string {
  const body = stringifyErrorBody(error, id);
  const lines = [
    `HTTP/1.1 ${error.statusCode} ${phraseOf(error.statusCode)}`,
    'Connection: close',
    `X-Request-Id: ${id}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
