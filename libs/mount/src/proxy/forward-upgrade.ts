import { validateHeaderValue } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { forwardHeaders } from '../headers.js';
import { prefixOf } from './forward-request.js';

const UNAVAILABLE =
  'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

/**
 * Joins a connection that asks for another protocol with one of the application's, which answers by
 * itself: it accepts, or denies with a status. When one side ends, so does the other.
 */
export function forwardUpgrade(
  socketPath: string | undefined,
  request: IncomingMessage,
  [socket, head]: readonly [Duplex, Buffer],
): void {
  if (socketPath === undefined) {
    socket.end(UNAVAILABLE);
    return;
  }
  const asked = headOf(request);
  const upstream = connect(socketPath);
  let isAnswered = false;
  const end = (): void => {
    upstream.destroy();
    if (isAnswered) socket.destroy();
    else socket.end(UNAVAILABLE);
  };
  upstream.once('data', () => (isAnswered = true));
  upstream.on('error', end);
  upstream.on('close', () => (isAnswered ? socket.end() : end()));
  socket.on('error', () => upstream.destroy());
  socket.on('close', () => upstream.destroy());
  upstream.write(asked);
  if (head.length > 0) upstream.write(head);
  upstream.pipe(socket);
  socket.pipe(upstream);
}

function headOf(request: IncomingMessage): string {
  const { method, url, headers } = request;
  const list = [
    ...forwardHeaders(request, prefixOf(request)),
    'Connection',
    'Upgrade',
    'Upgrade',
    headers.upgrade ?? 'websocket',
  ];
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at < list.length; at += 2) {
    const [name = '', value = ''] = list.slice(at, at + 2);
    // What middleware has put there was not parsed by Node.
    validateHeaderValue(name, value);
    lines.push(`${name}: ${value}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
