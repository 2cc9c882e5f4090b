import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy that serves an application under a path which it cuts off. */
export interface StrippingProxy {
  /** The application's address for those outside. */
  readonly base: string;
  close(): void;
}

/**
 * As nginx with `location /models/v2/ { proxy_pass http://app/; }` and the usual `proxy_set_header`s.
 *
 * @param path what is cut off; the application is told of it by X-Forwarded-Prefix.
 */
export async function stripPath(target: string, path: string): Promise<StrippingProxy> {
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url = '', socket } = incoming;
    if (!url.startsWith(`${path}/`)) {
      outgoing.writeHead(404).end();
      return;
    }
    const forwarded: IncomingHttpHeaders = {
      ...headers,
      'x-forwarded-for': socket.remoteAddress,
      'x-forwarded-host': headers.host,
      'x-forwarded-proto': 'http',
      'x-forwarded-prefix': path,
    };
    const sent = request(target + url.slice(path.length), { method, headers: forwarded });
    sent.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(sent);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, close };
}
