import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ServedApp, until } from './served-app.js';
import { AMBIGUOUS_HOSTS, getRaw, getRawByHttp10, sendRaw, statuses } from './smuggled-requests.js';

const ENTRY = 'dist/test/fixtures/mount-app/main.js';
const KINDS = ['express', 'koa', 'hono', 'fastify', 'fetch', 'node'] as const;
const MEBIBYTE = 1024 * 1024;

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({ entry: ENTRY });
});
afterAll(async () => {
  await app.end();
});

const json = async (path: string): Promise<unknown> => (await app.get(path)).json();

/** A request of Node's own client, whose path and body are sent as they are. */
function send(path: string, method = 'GET', headers: Record<string, string> = {}) {
  const call = request(app.url, { path, method, headers });
  call.on('error', () => undefined);
  const answered = once(call, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => undefined);
  return { call, answered };
}

async function open(path: string, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(app.url.replace('http', 'ws') + path, { headers });
  await once(socket, 'open');
  return socket;
}

async function ask(socket: WebSocket, text: string): Promise<string> {
  const answered = once(socket, 'message') as Promise<[Buffer]>;
  socket.send(text);
  return String((await answered)[0]);
}

describe.each(KINDS)('a mounted application, %s', (kind) => {
  it.each([
    ['', '/'],
    ['/', '/'],
    ['?a=1', '/?a=1'],
    ['/?a=1', '/?a=1'],
    ['/where/x?a=1', '/where/x?a=1'],
    ['/where/a%2Fb', '/where/a%2Fb'],
  ])('sees /%s below its path', async (path, url) => {
    expect(await json(`/${kind}${path}`)).toMatchObject({ url });
  });

  it('echoes headers and an empty body', async () => {
    const answer = await app.post(`/${kind}/echo`, '', {
      'x-test': 'as it came',
      'content-type': 'application/x-own',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-echo')).toBe('as it came');
    expect(answer.headers.get('content-type')).toContain('application/x-own');
    expect(await answer.text()).toBe('');
  });

  it('gets JSON and text unread, whatever Fastify would make of them', async () => {
    for (const type of ['application/json', 'text/plain', 'application/octet-stream']) {
      const answer = await app.post(`/${kind}/echo`, '{"not": json', { 'content-type': type });
      expect(await answer.text()).toBe('{"not": json');
    }
  });

  it('echoes 64 MiB', async () => {
    const body = Buffer.alloc(64 * MEBIBYTE);
    for (let at = 0; at < body.length; at += 4096) body.writeUInt32LE(at, at);
    const answer = await app.post(`/${kind}/echo`, body, { 'content-type': 'text/plain' });
    expect(answer.status).toBe(200);
    const hash = createHash('sha256');
    const chunks = Readable.fromWeb(answer.body as never) as AsyncIterable<Buffer>;
    for await (const chunk of chunks) hash.update(chunk);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(body).digest('hex'));
  });

  it('streams 1,000 chunks, each answered before the next is sent', async () => {
    const { call, answered } = send(`/${kind}/echo`, 'POST', { 'content-type': 'text/plain' });
    call.write('chunk 0');
    const [answer] = await answered;
    const chunks = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (let sent = 0; sent < 1000; sent++) {
      const { value } = (await chunks.next()) as IteratorResult<Buffer, undefined>;
      expect(String(value)).toBe(`chunk ${sent}`);
      if (sent < 999) call.write(`chunk ${sent + 1}`);
    }
    call.end();
    expect((await chunks.next()).done).toBe(true);
  });

  it('may be asked for no host, but HTTP/1.1 has to say so', async () => {
    const refused = await sendRaw(app.url, getRaw(`/${kind}/where/no-host`));
    expect(statuses(refused)).toEqual(['400']);
    expect(refused).not.toContain('no-host');
    const http10 = getRawByHttp10(`/${kind}/where/no-host`);
    for (const raw of [http10, getRaw(`/${kind}/where/no-host`, 'Host:')]) {
      const received = await sendRaw(app.url, raw);
      expect(statuses(received)).toEqual(['200']);
      expect(received).toContain('{"url":"/where/no-host"');
    }
  });

  it('notices a client that leaves, and the request is counted as left', async () => {
    const { call } = send(`/${kind}/hang`);
    call.end();
    await until(() => app.output.includes(`begun ${kind}`), 5000);
    call.destroy();
    await until(() => app.output.includes(`left ${kind}`), 5000);
    await until(() => app.output.includes(`request /${kind} 499`), 5000);
    expect(app.output).toContain(`request /${kind} 499`);
  });

  it('has its own WebSockets', async () => {
    const sockets = await Promise.all(
      Array.from({ length: 100 }, (_, index) => open(`/${kind}/ws?of=${index}`)),
    );
    const answers = await Promise.all(sockets.map((socket, index) => ask(socket, `to ${index}`)));
    expect(answers).toEqual(sockets.map((_, index) => `/ws?of=${index} to ${index}`));
    for (const socket of sockets) socket.terminate();
  });

  it('is counted under its path', async () => {
    await app.get(`/${kind}/where/else`);
    const metrics = await (await app.get('/metrics')).text();
    expect(metrics).toContain(`{endpoint="/${kind}",http_response_code="200"`);
    expect(metrics).toContain(`{endpoint="/${kind}",http_response_code="101"`);
    expect(metrics).not.toContain('where');
  });
});

describe('the path of a mount', () => {
  it('matches whatever its case and escapes, and is cut off whole', async () => {
    expect(await json('/EXPRESS/where/A')).toMatchObject({ url: '/where/A' });
    expect(await json('/%65xpress/where')).toMatchObject({ url: '/where' });
  });

  it('may have parameters', async () => {
    expect(await json('/of/acme/app/where?q')).toEqual({ url: '/where?q' });
    await until(() => app.output.includes('request /of/:tenant/app 200'), 5000);
  });

  it.each(['http://x/node/where?q', 'HTTP://x/of/acme/app/where?q'])(
    'is cut off a target in absolute form, too: %s',
    async (target) => {
      const received = await sendRaw(app.url, getRaw(target, 'Host: x'));
      expect(received).toContain('{"url":"/where?q"}');
    },
  );

  it('is whole again for who answers when the application passes on', async () => {
    expect(await json('/node/own/7?q=1')).toEqual({ url: '/node/own/7?q=1' });
    await until(() => app.output.includes('request /node/own/:id 200'), 5000);
  });

  it('is nothing of its neighbours', async () => {
    expect((await app.get('/expressive')).status).toBe(404);
    expect((await app.get('/express/excluded')).status).toBe(404);
  });

  it('keeps what Express knows by itself: query, address and the original url', async () => {
    const answer = await app.get('/express/where?a[b]=1', { 'x-forwarded-for': '10.1.2.3' });
    expect(await answer.json()).toMatchObject({
      originalUrl: '/express/where?a[b]=1',
      ip: '10.1.2.3',
    });
  });
});

describe('errors of a mounted application', () => {
  it.each(AMBIGUOUS_HOSTS)('%s is one of ours, before it sees the request', async (_, lines) => {
    for (const path of ['/node/where', '/express/where', '/of/acme/app/where']) {
      const received = await sendRaw(app.url, getRaw(path, ...lines));
      expect([path, ...statuses(received)]).toEqual([path, '400']);
      expect(received).toContain('"errorCode":"INVALID_HOST"');
    }
  });

  it.each([
    'express/throw',
    'express/reject',
    'express/next',
    'fetch/throw',
    'hono/throw',
    'node/throw',
    'node/reject',
    'node/next',
  ])('reach the filters from %s', async (path) => {
    const answer = await app.get(`/${path}`);
    expect(answer.status).toBe(500);
    const body = (await answer.json()) as { errorCode: string; requestId: string };
    expect(body.errorCode).toBe('INTERNAL_ERROR');
    const [kind] = path.split('/');
    expect(JSON.stringify(body)).not.toContain('secret');
    await until(() => app.output.includes(`secret of ${kind} (request ${body.requestId})`), 5000);
    await until(() => app.output.includes(`request /${kind} 500`), 5000);
  });

  it('leave nothing of the answer that the application had set', async () => {
    const answer = await app.get('/express/half-set');
    expect([answer.status, answer.statusText]).toEqual([500, 'Internal Server Error']);
    expect(answer.headers.get('etag')).toBeNull();
    expect(await answer.json()).toMatchObject({ errorCode: 'INTERNAL_ERROR' });
    expect(answer.headers.get('x-request-id')).not.toBeNull();
    expect((await app.get('/express/where')).status).toBe(200);
  });

  it('cut off an answer that has begun', async () => {
    const answer = await app.get('/express/broken');
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
  });

  it('name what is no Response', async () => {
    const answer = await app.get('/fetch/nothing');
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ errorCode: 'MOUNT_FAILED' });
  });

  it('answer a path that nothing knows with Nest’s 404', async () => {
    const answer = await app.get('/express/nothing/here');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ message: 'Cannot GET /express/nothing/here' });
  });
});

describe('upgrades', () => {
  const refused = async (path: string, headers = {}): Promise<number | undefined> => {
    const socket = new WebSocket(app.url.replace('http', 'ws') + path, { headers });
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    return response.statusCode;
  };

  it('meet the middleware in front of the mount', async () => {
    expect(await refused('/express/ws', { authorization: 'denied' })).toBe(403);
  });

  it('get an answer where nothing takes them, and where taking them fails', async () => {
    expect(await refused('/nowhere')).toBe(404);
    expect(await refused('/express/broken')).toBe(500);
    expect(await refused('/of/acme/app/where')).toBe(200);
  });

  it('to another protocol are ignored, with body and all', async () => {
    const { port } = new URL(app.url);
    const socket = connect(Number(port), '127.0.0.1');
    const head = ['POST /size HTTP/1.1', 'host: x', 'connection: Upgrade, HTTP2-Settings'];
    const fields = ['upgrade: h2c', 'http2-settings: x', 'content-length: 5'];
    socket.write([...head, ...fields, 'content-type: application/json', '', '[1'].join('\r\n'));
    socket.write(',2]');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until(() => text.endsWith('{"size":5}'), 5000);
    expect(text).toContain('HTTP/1.1 200');
    // And the connection lives on.
    text = '';
    socket.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n');
    await until(() => text.includes('HTTP/1.1 200'), 5000);
    socket.destroy();
  });
});

describe.each(['express', 'node', 'hono'])('%s mounted at the root', (kind) => {
  let root: ServedApp;

  beforeAll(async () => {
    root = await ServedApp.start({ entry: ENTRY, env: { ROOT: kind } });
  });
  afterAll(async () => {
    await root.end();
  });

  it('gets what no route answers, with its body unread', async () => {
    expect(await (await root.get('/where/x?a=1')).json()).toMatchObject({ url: '/where/x?a=1' });
    const echo = await root.post('/echo', '{"not": json');
    expect(await echo.text()).toBe('{"not": json');
    await until(() => root.output.includes('request /* 200'), 5000);
  });

  it('leaves own routes and those of the infrastructure to the server', async () => {
    expect(await (await root.post('/size', [1])).json()).toEqual({ size: 3 });
    expect(await (await root.get('/metrics')).text()).toContain('bentoml_api_server_request_total');
    expect(await (await root.get('/readyz')).text()).toBe('\n');
    expect((await root.get('/docs.json')).headers.get('content-type')).toContain('json');
    expect(await (await root.get('/')).text()).toContain('swagger');
  });

  it('does not turn a wrong method into a request of its own', async () => {
    const answer = await root.get('/size');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
    expect((await root.post('/metrics', {})).status).toBe(405);
    expect(statuses(await sendRaw(root.url, getRaw('http://x/size', 'Host: x')))).toEqual(['405']);
  });

  // The last one: it is the server's end, with a socket open.
  it('takes sockets, which do not keep the server from its end', async () => {
    const socket = new WebSocket(`${root.url.replace('http', 'ws')}/any/ws`);
    await once(socket, 'open');
    expect(await ask(socket, 'hello')).toBe('/any/ws hello');
    const closed = once(socket, 'close');
    expect(await root.end()).toBe(0);
    await closed;
  });
});

describe('under a global prefix', () => {
  let prefixed: ServedApp;
  let root: ServedApp;

  beforeAll(async () => {
    prefixed = await ServedApp.start({ entry: ENTRY, env: { PREFIX: 'api' } });
    root = await ServedApp.start({ entry: ENTRY, env: { PREFIX: 'api', ROOT: 'node' } });
  });
  afterAll(async () => {
    await prefixed.end();
    await root.end();
  });

  it('a mount moves below it', async () => {
    expect(await (await prefixed.get('/api/hono/where/x')).json()).toEqual({ url: '/where/x' });
    expect((await prefixed.get('/hono/where/x')).status).toBe(404);
    await until(() => prefixed.output.includes('request /api/hono 200'), 5000);
  });

  it('a mount at the root is asked for what is below it', async () => {
    expect(await (await root.get('/api/where/x?a')).json()).toEqual({ url: '/where/x?a' });
    // The page of the documents is an own route, too.
    expect(await (await root.get('/api')).text()).toContain('swagger');
    expect((await root.get('/api/size')).status).toBe(405);
    expect((await root.get('/where')).status).toBe(404);
    expect((await root.get('/metrics')).status).toBe(200);
  });
});
