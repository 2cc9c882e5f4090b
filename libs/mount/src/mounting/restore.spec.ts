import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { rememberHead } from './restore.js';

/** What an application does before it fails, and the error's answer after it. */
function failWith(response: ServerResponse, set: (response: ServerResponse) => void): void {
  response.setHeader('etag', '"before"');
  const restore = rememberHead(response);
  set(response);
  expect(() => response.writeHead(200)).toThrow(/ERR_|single|Invalid/u);
  restore();
  response.writeHead(500).end();
}

describe('what an application has set twice is taken back', () => {
  const setTwice = (response: ServerResponse): void => {
    response.setHeader('Date', ['Mon, 01 Jan 2001 00:00:00 GMT', 'Mon, 01 Jan 2001 00:00:01 GMT']);
    response.setHeader('ETag', ['"a"', '"b"']);
    response.setHeader('Content-Type', ['text/html', 'text/plain']);
  };

  it('in HTTP/2', async () => {
    const server = createHttp2Server((_request, response) => {
      failWith(response as unknown as ServerResponse, setTwice);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const [headers] = (await once(session.request({}), 'response')) as [IncomingHttpHeaders];
    session.close();
    server.close();
    expect(headers).toMatchObject({ ':status': 500, etag: '"before"' });
    expect(headers['content-type']).toBeUndefined();
    expect(Date.parse(headers.date ?? '')).toBeGreaterThan(Date.parse('2025-01-01'));
  });

  it('in HTTP/1.1', async () => {
    const server = createServer((_request, response) => {
      failWith(response, (own) => {
        setTwice(own);
        own.statusMessage = '\u0001';
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const sending = get({ port: (server.address() as AddressInfo).port, agent: false });
    const [{ statusCode, statusMessage, headers }] = (await once(sending, 'response')) as [
      IncomingMessage,
    ];
    server.close();
    sending.destroy();
    expect([statusCode, statusMessage]).toEqual([500, 'Internal Server Error']);
    expect(headers).toMatchObject({
      etag: '"before"',
      date: expect.stringContaining('GMT') as string,
    });
    expect(headers['content-type']).toBeUndefined();
  });
});
