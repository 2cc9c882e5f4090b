import { IncomingMessage } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

/** How long a client has to read its answer, once the server has stopped reading its body. */
const LINGER_MS = 2000;

/**
 * Reads no further of a body that is too long; its connection is closed by the answer. A client that
 * is still sending would lose the answer if the connection went with it, so it goes a moment later.
 */
export function stopReading(request: IncomingMessage): void {
  request.pause();
  // Of a body that nobody has read yet, Node would read all when the answer is out.
  request.read(0);
  const { socket } = request;
  // What Node calls behind the last answer of a connection.
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  };
}

/**
 * Puts the chunk that was too much back into a body that is read no further. With its buffer full, Node stops at
 * once: it would read 64 KiB more into an empty one.
 */
export function putBack(body: Readable, chunk: Buffer | string): void {
  // Behind a decoder it would be decoded again.
  if (body instanceof IncomingMessage && !body.readableEnded) body.unshift(chunk);
}

/** As `stopReading`, where the answer would leave the connection open, or is out already. */
export function stopAndClose(request: IncomingMessage, response: ServerResponse): void {
  stopReading(request);
  response.shouldKeepAlive = false;
  const close = (): void => request.socket.destroySoon();
  if (response.writableFinished) close();
  else response.once('finish', close);
}
