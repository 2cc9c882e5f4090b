import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as sendRequest } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Pool } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPool } from './application-pool.js';
import { exchangeWhole, isWhole } from './whole-exchange.js';

const TIMEOUT_MS = 200;
/** Nothing is asserted of the time; a call that does not settle would hang the spec. */
const LONG_MS = 60_000;

let folder: string;
let pool: Pool;
let application: Server;
let proxy: Server;
let url: string;
/** How exchanges ended: undefined for an answer, and for a client that left. */
let ends: unknown[];
let begun: number;
let isWholeAtOnce: boolean | undefined;
let timeoutMs: number;
let answerApplication: (...args: Parameters<RequestListener>) => unknown;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'whole-'));
  const socketPath = join(folder, 'app.sock');
  [ends, begun, timeoutMs] = [[], 0, LONG_MS];
  application = createServer((request, response) => answerApplication(request, response));
  application.listen(socketPath);
  pool = openPool(socketPath, 30_000);
  proxy = createServer((request, response) => void passOn(request, response));
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});

async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  await Promise.resolve();
  isWholeAtOnce = isWhole(request);
  const headers = request.rawHeaders.slice();
  const options = { headers, timeoutMs, onAnswer: () => begun++ };
  const end = await exchangeWhole(pool, [request, response], options).catch(
    (error: unknown) => error,
  );
  ends.push(end);
  if (end instanceof Error && !response.headersSent) response.writeHead(502).end();
  else if (end instanceof Error) response.destroy();
}

afterEach(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await pool.destroy();
  application.closeAllConnections();
  application.close();
  rmSync(folder, { recursive: true });
});

/** What one write of these bytes is answered with, until the connection ends. */
function sendRaw(lines: readonly string[]): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end(lines.join('\r\n'));
  return text(socket);
}

describe('isWhole', () => {
  const HEAD = ['Host: x', 'Connection: close'];

  it.each([
    ['no body', ['GET /a HTTP/1.1', ...HEAD, '', ''], true],
    ['a body behind the head', ['POST /a HTTP/1.1', ...HEAD, 'Content-Length: 2', '', 'hi'], true],
    ['a body without length', ['POST /a HTTP/1.1', ...HEAD, 'Transfer-Encoding: chunked', '', '2', 'hi', '0', '', ''], false], // prettier-ignore
    ['what may be answered 304', ['GET /a HTTP/1.1', ...HEAD, 'If-None-Match: "a"', '', ''], false], // prettier-ignore
    ['a target that is no path', ['OPTIONS * HTTP/1.1', ...HEAD, '', ''], false],
  ])('%s', async (_, lines, expected) => {
    answerApplication = (_request, response) => response.end();
    await sendRaw(lines);
    expect(isWholeAtOnce).toBe(expected);
  });

  it('a body of which a part is here', async () => {
    answerApplication = (_request, response) => response.end();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nhi');
    await expect.poll(() => isWholeAtOnce).toBe(false);
    socket.destroy();
  });
});

describe('exchangeWhole', () => {
  it('sends method, path, headers and body, and gives back status, headers and body', async () => {
    answerApplication = async (request, response) => {
      const { method, url: path, headers } = request;
      const seen = JSON.stringify([method, path, headers['x-name'], await text(request)]);
      response.writeHead(201, 'Made', ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Latin', 'caf\u00e9']); // prettier-ignore
      response.end(seen);
    };
    const answer = await fetch(`${url}/a?b=c`, {
      method: 'PUT',
      body: 'hello',
      headers: { 'x-name': 'caf\u00e9' },
    });
    expect([answer.status, answer.statusText]).toEqual([201, 'Made']);
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(answer.headers.get('x-latin')).toBe('caf\u00e9');
    expect(await answer.json()).toEqual(['PUT', '/a?b=c', 'caf\u00e9', 'hello']);
    expect([ends, begun]).toEqual([[undefined], 1]);
  });

  it.each([
    ['plain', 'Made so', 'Made so'],
    ['of no coding that is known', 'Modifi\xe9', 'Created'],
  ])('hands on a reason phrase that is %s', async (_, sent, received) => {
    answerApplication = ({ socket }) =>
      socket.end(`HTTP/1.1 201 ${sent}\r\nContent-Length: 0\r\n\r\n`, 'latin1');
    const answer = await fetch(url);
    expect([answer.status, answer.statusText]).toEqual([201, received]);
  });

  it('a head before the answer (103) is no answer', async () => {
    answerApplication = (_request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('late');
    };
    const answer = await fetch(url);
    expect([answer.status, await answer.text(), begun]).toEqual([200, 'late', 1]);
  });

  it(
    'does not read faster than the client',
    async () => {
      const CHUNK = Buffer.alloc(1 << 20);
      let sent = 0;
      answerApplication = async (_request, response) => {
        for (; sent < 64; sent++) if (!response.write(CHUNK)) await once(response, 'drain');
        response.end();
      };
      const sending = sendRequest(url).end();
      const [answer] = (await once(sending, 'response')) as [IncomingMessage];
      // All buffers on the way are full: nothing more is taken from the application.
      let before = -1;
      await expect
        .poll(() => before === (before = sent), { interval: 300, timeout: LONG_MS })
        .toBe(true);
      expect(sent).toBeLessThan(48);
      let bytes = 0;
      for await (const chunk of answer) bytes += (chunk as Buffer).length;
      expect(bytes).toBe(64 << 20);
    },
    LONG_MS,
  );

  it('no answer within its time: MOUNT_TIMEOUT, and the application is told', async () => {
    timeoutMs = TIMEOUT_MS;
    const told = new Promise((resolve) => {
      answerApplication = (_request, response) => response.once('close', () => resolve('closed'));
    });
    expect((await fetch(url)).status).toBe(502);
    expect(ends).toMatchObject([{ code: 'MOUNT_TIMEOUT' }]);
    expect(await told).toBe('closed');
  });

  it.each([
    ['a connection that closes', '', 'MOUNT_UNAVAILABLE'],
    ['an answer that is no HTTP', 'hello\r\n\r\n', 'MOUNT_FAILED'],
  ])('%s before an answer', async (_, bytes, code) => {
    answerApplication = ({ socket }) => socket.end(bytes);
    expect((await fetch(url)).status).toBe(502);
    expect(ends).toMatchObject([{ code }]);
  });

  it('nobody at the socket: MOUNT_UNAVAILABLE', async () => {
    application.close();
    expect((await fetch(url)).status).toBe(502);
    expect(ends).toMatchObject([{ code: 'MOUNT_UNAVAILABLE' }]);
  });

  it('an answer that breaks off is no whole one for the client', async () => {
    answerApplication = ({ socket }) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow('terminated');
    expect(ends).toMatchObject([{ code: 'MOUNT_FAILED' }]);
  });

  it('a client that leaves: the application is told, and nobody else', async () => {
    const told = new Promise((resolve) => {
      answerApplication = (_request, response) => {
        response.once('close', () => resolve('closed'));
        leaving.destroy();
      };
    });
    const leaving = sendRequest(url).end();
    leaving.on('error', () => undefined);
    expect(await told).toBe('closed');
    await expect.poll(() => ends).toEqual([undefined]);
  });
});
