import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, request as sendRequest, ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import type { IncomingMessage, Server } from 'node:http';
import { BlockList, connect, createServer as createSocketServer } from 'node:net';
import type { AddressInfo, Server as SocketServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { UpgradeHandler } from '../mounting/mounted-app.js';
import { openPool } from './application-pool.js';
import type { ProxyTarget } from './exchange.js';
import { forwardRequest } from './forward-request.js';

/** What is not whole at once takes the other way: Node's own client in the place of undici. */
const WAYS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['undici', {}],
  ['Node’s client', { 'if-none-match': '"a"' }],
];

let folder: string;
let target: ProxyTarget & { agent: Agent };
let application: SocketServer;
let proxy: Server;
let url: string;
let connections: Set<Socket>;
/** First lines of the requests that the application has got, and errors of the proxy. */
let got: string[];
let errors: unknown[];
/** What the application does with a request, the how manieth of its connection it is. */
let answer: (socket: Socket, count: number, line: string) => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forward-'));
  const socketPath = join(folder, 'app.sock');
  [got, errors, connections] = [[], [], new Set()];
  application = createSocketServer(serve).listen(socketPath);
  target = {
    socketPath,
    agent: new Agent({ keepAlive: true }),
    dispatcher: openPool(socketPath, 30_000),
    timeoutMs: 60_000,
    trustedProxies: new BlockList(),
  };
  proxy = createServer((request, response) => void passOn(request, response));
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/`;
});

function serve(socket: Socket): void {
  connections.add(socket);
  socket.on('error', () => undefined);
  let count = 0;
  socket.on('data', (data) => {
    const [line = ''] = data.toString().split(' HTTP/1.1\r\n', 1);
    got.push(line);
    answer(socket, ++count, line);
  });
}

async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await forwardRequest(target, [request, response], { onAnswer: () => undefined });
  } catch (error) {
    errors.push(error);
    response.writeHead((error as { statusCode: number }).statusCode).end();
  }
}

afterEach(async () => {
  proxy.closeAllConnections();
  proxy.close();
  target.agent.destroy();
  await target.dispatcher?.destroy();
  for (const socket of connections) socket.destroy();
  application.close();
  rmSync(folder, { recursive: true });
});

const WHOLE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe.each(WAYS)('by %s', (_, headers) => {
  const statusOf = async (method = 'GET', body?: string): Promise<number> =>
    (await fetch(url, { method, headers, body })).status;

  it.each(['GET', 'DELETE', 'HEAD', 'OPTIONS'])(
    'a %s whose connection was closed meanwhile is sent again',
    async (method) => {
      answer = (socket, count) => (count === 1 ? socket.write(WHOLE) : socket.destroy());
      expect(await statusOf()).toBe(200);
      answer = (socket, count) =>
        count === 1
          ? socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${method === 'HEAD' ? 2 : 0}\r\n\r\n`)
          : socket.destroy();
      expect(await statusOf(method)).toBe(200);
      expect(got).toEqual(['GET /', `${method} /`, `${method} /`]);
      expect(connections.size).toBe(2);
      expect(errors).toEqual([]);
    },
  );

  it.each([
    ['POST', undefined],
    ['POST', 'body'],
    ['PATCH', undefined],
    ['PUT', 'body'],
  ])('a %s (body: %s) is not: it may have been done', async (method, body) => {
    answer = (socket, count) => (count === 1 ? socket.write(WHOLE) : socket.destroy());
    expect(await statusOf()).toBe(200);
    expect(await statusOf(method, body)).toBe(503);
    expect(got.filter((line) => line === `${method} /`)).toHaveLength(1);
    expect(errors).toMatchObject([{ code: 'MOUNT_UNAVAILABLE' }]);
  });

  it('is sent again once only', async () => {
    answer = (socket, count) => (count === 1 ? socket.write(WHOLE) : socket.destroy());
    expect(await statusOf()).toBe(200);
    answer = (socket) => socket.destroy();
    expect(await statusOf()).toBe(503);
    expect(got).toHaveLength(3);
  });

  it('each piece of an answer is progress', async () => {
    let pieces = 0;
    target = { ...target, onProgress: () => pieces++ };
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok');
    const { body } = await fetch(url, { headers });
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    expect(pieces).toBe(1);
    for (const socket of connections) socket.write('ok');
    while (!(await reader.read()).done);
    expect(pieces).toBe(2);
  });

  it('a connection that was new is no idle one', async () => {
    answer = (socket) => socket.end();
    expect(await statusOf()).toBe(503);
    expect(got).toHaveLength(1);
  });

  it('an answer that has begun is broken off', async () => {
    answer = (socket, count) =>
      count === 1
        ? socket.write(WHOLE)
        : socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok');
    expect(await statusOf()).toBe(200);
    proxy.removeAllListeners('request');
    proxy.on('request', (request, response) => {
      forwardRequest(target, [request, response], { onAnswer: () => undefined }).catch(
        (error: unknown) => {
          errors.push(error);
          response.destroy();
        },
      );
    });
    await expect(fetch(url, { headers }).then((whole) => whole.text())).rejects.toThrow(
      'terminated',
    );
    expect(got).toHaveLength(2);
    expect(errors).toMatchObject([{ code: 'MOUNT_FAILED' }]);
  });

  it('what comes twice and may but once does not end a server of HTTP/2', async () => {
    answer = (socket) =>
      socket.write(WHOLE.replace('\r\n', '\r\nDate: a\r\nDate: b\r\nETag: "a"\r\netag: "b"\r\n'));
    const server = createHttp2Server((request, response) => {
      const exchange = [request, response] as unknown as [IncomingMessage, ServerResponse];
      void passOn(...exchange);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const [head] = (await once(session.request(headers), 'response')) as [IncomingHttpHeaders];
    session.destroy();
    server.close();
    expect(head).toMatchObject({ ':status': 200, date: 'b', etag: '"b"' });
    expect(errors).toEqual([]);
  });

  it('a change of protocol that nobody has asked for is no answer', async () => {
    answer = (socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    expect(await statusOf()).toBe(502);
    expect(errors).toMatchObject([{ code: 'MOUNT_FAILED' }]);
    await expect.poll(() => [...connections].every(({ destroyed }) => destroyed)).toBe(true);
  });

  it.each([204, 304])('a %i may say a length', async (status) => {
    answer = (socket) => socket.write(`HTTP/1.1 ${status} Well\r\nContent-Length: 9\r\n\r\n`);
    expect([await statusOf(), await statusOf()]).toEqual([status, status]);
    expect(errors).toEqual([]);
  });

  it.each(['PUT', 'DELETE'])('a %s of HTTP/2 with a body is not sent again', async (method) => {
    answer = (socket, count) => (count === 1 ? socket.write(WHOLE) : socket.destroy());
    const server = createHttp2Server((request, response) => {
      void passOn(...([request, response] as unknown as [IncomingMessage, ServerResponse]));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const ask = async (own: string, ...pieces: readonly string[]): Promise<unknown> => {
      const request = session.request(
        { ...headers, ':method': own },
        { endStream: pieces.length === 0 },
      );
      for (const piece of pieces) request.write(piece);
      if (pieces.length > 0) request.end();
      const [head] = (await once(request.resume(), 'response')) as [IncomingHttpHeaders];
      return head[':status' as keyof IncomingHttpHeaders];
    };
    // As a streamed request, it is by Node's client: the idle connection is one of its own.
    target.dispatcher = undefined;
    expect(await ask('GET')).toBe(200);
    await expect.poll(() => Object.keys(target.agent.freeSockets)).toHaveLength(1);
    expect(await ask(method, 'who', 'le')).toBe(503);
    session.destroy();
    server.close();
    expect(got.filter((line) => line === `${method} /`)).toHaveLength(1);
  });

  it('a reason phrase that no head may hold is left out', async () => {
    answer = (socket) => socket.write(WHOLE.replace('OK', 'O\x01K'));
    const { status, statusText } = await fetch(url, { headers });
    expect([status, statusText]).toEqual([200, 'OK']);
  });

  it.each(['103 Early Hints\r\nLink: </a>; rel=preload', '102 Processing', '100 Continue'])(
    'what comes before the answer is none: %s',
    async (interim) => {
      answer = (socket) => socket.write(`HTTP/1.1 ${interim}\r\n\r\n${WHOLE}`);
      expect(await (await fetch(url, { headers })).text()).toBe('ok');
      expect(await (await fetch(url, { headers })).text()).toBe('ok');
      expect(errors).toEqual([]);
    },
  );
});

it('an application that sends 100 unasked is asked by Node’s client from then on', async () => {
  answer = (socket) => socket.write(`HTTP/1.1 100 Continue\r\n\r\n${WHOLE}`);
  const post = async (): Promise<number> =>
    (await fetch(url, { method: 'POST', body: 'a' })).status;
  // It may have been done.
  expect(await post()).toBe(502);
  expect(errors).toMatchObject([{ code: 'MOUNT_FAILED' }]);
  expect([await post(), await post()]).toEqual([200, 200]);
  expect(got).toHaveLength(3);
});

it('nor does a connection that changes its protocol have a phrase that no head may hold', async () => {
  answer = (socket) =>
    socket.write('HTTP/1.1 101 S\x01\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
  proxy.on('upgrade', (request, socket) => {
    const response = new ServerResponse(request);
    response.assignSocket(socket as Socket);
    const accept = (): void => void socket.end();
    forwardRequest(target, [request, response], { onAnswer: () => undefined, accept }).catch(
      (error: unknown) => {
        errors.push(error);
        socket.destroy();
      },
    );
  });
  const client = connect((proxy.address() as AddressInfo).port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
  expect(await text(client)).toContain('HTTP/1.1 101 Switching Protocols\r\n');
  expect(errors).toEqual([]);
});

it('each piece of an upload is progress', async () => {
  let pieces = 0;
  let upload: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => void (upload = controller),
  });
  const send = (piece: string): void => upload?.enqueue(Buffer.from(piece));
  target = { ...target, onProgress: () => pieces++ };
  answer = (socket, _count, line) => {
    if (line.includes('last')) socket.write('HTTP/1.1 204 No Content\r\n\r\n');
  };
  const sent = fetch(url, { method: 'POST', body, duplex: 'half' });
  send('first');
  await vi.waitFor(() => expect(pieces).toBe(1), { timeout: 4000 });
  send('last');
  upload?.close();
  expect((await sent).status).toBe(204);
  expect(pieces).toBe(2);
});

it('another protocol’s connection ends with the application’s, also where its client reads no more', async () => {
  const stuck = Object.assign(new Duplex({ read: () => undefined, write: () => undefined }), {
    setTimeout: vi.fn<Socket['setTimeout']>(),
  });
  proxy.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    const accept = (handler: UpgradeHandler): unknown => handler(request, stuck, Buffer.alloc(0));
    void forwardRequest(target, [request, response], { onAnswer: () => undefined, accept });
  });
  const head = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'];
  answer = (socket) => socket.end([...head, '', 'last'].join('\r\n'));
  const client = sendRequest(url, {
    headers: { connection: 'upgrade', upgrade: 'websocket' },
  }).end();
  const [, clientSocket] = (await once(client, 'upgrade')) as [unknown, Socket];
  await vi.waitFor(() => expect(stuck.setTimeout).toHaveBeenCalledOnce(), { timeout: 4000 });
  expect([stuck.writableLength, stuck.destroyed]).toEqual([4, false]);
  const [[ms, end] = []] = stuck.setTimeout.mock.calls;
  end?.();
  expect([ms, stuck.destroyed]).toEqual([10_000, true]);
  clientSocket.destroy();
});
