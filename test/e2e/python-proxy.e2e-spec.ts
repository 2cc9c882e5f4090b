import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { python, servePython } from './python-apps.js';
import { until } from './served-app.js';
import type { ServedApp } from './served-app.js';
import { JWT_SECRET } from './signed-tokens.js';
import {
  AMBIGUOUS_HOSTS,
  SMUGGLED,
  getRaw,
  getRawByHttp10,
  sendRaw,
  statuses,
} from './smuggled-requests.js';

const MIB = 1024 * 1024;
let app: ServedApp;

const json = async (path: string): Promise<unknown> => (await app.get(path)).json();
const seen = async (mount: string): Promise<string> => JSON.stringify(await json(`${mount}/seen`));

const WANT_SOCKET = [
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

/** Mounted under /of/:name, without a server: what the applications are told. */
const SHOW_PREFIX = `
import asyncio, json
from bentonest.mounted import AsgiApplication, WsgiApplication
seen = {}
async def asgi(scope, receive, send):
    seen.update(root_path=scope["root_path"], path=scope["path"], raw_path=scope["raw_path"].decode())
prefix = "/of/caf%C3%A9%20a"
headers = [(b"x-forwarded-prefix", prefix.encode())]
scope = {"type": "http", "headers": headers, "path": "/x y", "raw_path": b"/x%20y"}
asyncio.run(AsgiApplication(asgi)(scope, None, None))
WsgiApplication(lambda environ, start: seen.update(script=environ["SCRIPT_NAME"]))({"HTTP_X_FORWARDED_PREFIX": prefix}, None)
print(json.dumps(seen))
`;

describe.skipIf(python === '')('between a client and a Python application', () => {
  beforeAll(async () => {
    app = await servePython({ WSGI_APP: 'wsgi_app:app', API_KEYS: 'first-key', JWT_SECRET });
  }, 120_000);

  afterAll(async () => {
    await app.end();
  });

  describe.each(['/py', '/flask'])('%s', (mount) => {
    it.each(['/request/x', '/request', '/nowhere', '/socket?deny=1'])(
      'a request behind one for a WebSocket, which %s is not, reaches no one',
      async (path) => {
        const first = [`GET ${mount}${path} HTTP/1.1`, ...WANT_SOCKET, '', ''].join('\r\n');
        const second = getRaw(`${mount}/smuggled${path}`, 'Host: x', 'X-Forwarded-Prefix: /evil');
        const received = await sendRaw(app.url, first + second);
        expect(statuses(received)).toHaveLength(1);
        // And one that is sent when the answer is there.
        const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
        socket.on('error', () => undefined);
        socket.write(first);
        await once(socket, 'data');
        socket.write(second);
        expect(await text(socket)).not.toContain('HTTP/1.1');
        expect(await seen(mount)).not.toContain('smuggled');
      },
    );

    it.each(SMUGGLED)('%s: 400, and nothing behind it', async (_, headers, body) => {
      const lines = [`POST ${mount}/upload HTTP/1.1`, 'Host: x', ...headers, '', body];
      const received = await sendRaw(app.url, lines.join('\r\n') + getRaw(`${mount}/smuggled`, 'Host: x')); // prettier-ignore
      expect(statuses(received)).toEqual(['400']);
      expect(await seen(mount)).not.toContain('smuggled');
    });

    it.each(AMBIGUOUS_HOSTS)('%s: 400, and the application sees nothing', async (_, lines) => {
      for (const more of [[], WANT_SOCKET.slice(1)]) {
        const received = await sendRaw(app.url, getRaw(`${mount}/ambiguous`, ...lines, ...more));
        expect(statuses(received)).toEqual(['400']);
        expect(received).toContain('"errorCode":"INVALID_HOST"');
      }
      expect(await seen(mount)).not.toContain('ambiguous');
    });

    it('a request for no host is one of HTTP/1.0', async () => {
      for (const more of [[], WANT_SOCKET.slice(1)]) {
        expect(statuses(await sendRaw(app.url, getRaw(`${mount}/no-host`, ...more)))).toEqual(['400']); // prettier-ignore
      }
      expect(await seen(mount)).not.toContain('no-host');
      // As a whole, and with a body that comes by itself.
      const whole = await sendRaw(app.url, getRawByHttp10(`${mount}/seen?no-host`));
      expect(statuses(whole)).toEqual(['200']);
      const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
      socket.write(`POST ${mount}/upload HTTP/1.0\r\nContent-Length: 5\r\n\r\n`);
      await seen(mount);
      socket.write('hello');
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\n5\n?$/);
    });

    it('an upgrade with a body is no upgrade', async () => {
      const smuggled = getRaw(`${mount}/smuggled`, 'Host: x');
      const lines = [`GET ${mount}/seen HTTP/1.1`, ...WANT_SOCKET, `Content-Length: ${smuggled.length}`]; // prettier-ignore
      const received = await sendRaw(app.url, [...lines, '', smuggled].join('\r\n') + getRaw(`${mount}/nowhere`, 'Host: x')); // prettier-ignore
      expect(statuses(received)).toEqual(['200', '404']);
      expect(await seen(mount)).not.toContain('smuggled');
    });

    it('an answer may come before the body, whose rest does not stand in the way', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const headers = { 'content-length': MIB };
      const early = request(`${app.url}${mount}/early/`, { method: 'POST', headers, agent });
      early.flushHeaders();
      const [connection] = (await once(early, 'socket')) as [Socket];
      const [answer] = (await once(early, 'response')) as [IncomingMessage];
      expect(answer.statusCode).toBe(401);
      expect((await buffer(answer)).toString()).toBe('no');
      early.end(Buffer.alloc(MIB));
      const next = request(`${app.url}${mount}/seen`, { agent }).end();
      const [after] = (await once(next, 'response')) as [IncomingMessage];
      expect(after.statusCode).toBe(200);
      expect(next.socket === connection).toBe(true);
      agent.destroy();
    });

    it('an upload may take longer than an answer may', async () => {
      const pieces = async function* (): AsyncGenerator<string> {
        for (let i = 0; i < 5; i++) {
          yield 'piece';
          await sleep(500);
        }
      };
      const body = Readable.toWeb(Readable.from(pieces())) as ReadableStream;
      const init: RequestInit = { method: 'POST', body, duplex: 'half' };
      const answer = await fetch(`${app.url}${mount}/upload`, init);
      expect([answer.status, await answer.text().then(Number)]).toEqual([200, 25]);
    }, 15_000);
  });

  it('has nothing to say of its path, and no header that passes for another', async () => {
    const headers = { SCRIPT_NAME: '/environ', X_FORWARDED_PREFIX: '/evil', 'X-Plain': '1' };
    const answer = await app.get('/flask/environ/x', headers);
    expect(await answer.json()).toEqual({ path: '/environ/x', script: '/flask' });
    const shown = (await (await app.get('/py/request/x', headers)).json()) as {
      headers: string[][];
    };
    const names = shown.headers.map(([name]) => name);
    expect(names).toContain('x-plain');
    expect(names.filter((name) => name?.includes('_'))).toEqual([]);
  });

  it('a target in absolute form names no host to the application', async () => {
    const received = await sendRaw(app.url, getRaw('http://evil.example/keyed/py/request/x?y', 'Host: evil.example', 'X-Api-Key: first-key')); // prettier-ignore
    expect(statuses(received)).toEqual(['200']);
    expect(received).toContain('"root_path":"/keyed/py"');
    expect(received).toContain('["x-forwarded-prefix","/keyed/py"]');
    expect(received).toContain('"url":"http://evil.example/keyed/py/request/x?y"');
  });

  it('knows its path without escapes, and by its bytes in WSGI', async () => {
    // A mount of theirs, though it is written in another way.
    expect(
      await (await app.get('/%6Beyed/py/request/x', { 'x-api-key': 'first-key' })).json(),
    ).toMatchObject({ root_path: '/keyed/py' });
    expect(await json('/%66lask/environ/x')).toEqual({ path: '/environ/x', script: '/flask' });
    const { stdout } = spawnSync(python, ['-c', SHOW_PREFIX], {
      env: { ...process.env, PYTHONPATH: 'libs/python/python' },
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout)).toEqual({
      root_path: '/of/caf\u00e9 a',
      path: '/of/caf\u00e9 a/x y',
      raw_path: '/of/caf%C3%A9%20a/x%20y',
      script: '/of/caf\u00c3\u00a9 a',
    });
  });

  it('headers pass in their order, each as often as it came', async () => {
    const raw = getRaw('/py/request/x', 'Host: x', 'X-B: 1', 'x-a: 2', 'X-B: 3');
    const received = await sendRaw(app.url, raw);
    const { headers } = JSON.parse(received.slice(received.indexOf('{'), received.lastIndexOf('}') + 1)) as { headers: string[][] }; // prettier-ignore
    expect(headers.filter(([name]) => /^x-[ab]$/.test(name ?? ''))).toEqual([['x-b', '1'], ['x-a', '2'], ['x-b', '3']]); // prettier-ignore
  });

  it('header bytes beyond ASCII pass as they came, for WebSockets, too', async () => {
    const received = await sendRaw(
      app.url,
      getRaw('/py/request/x', 'Host: x', 'X-Name: caf\u00e9'),
    );
    expect(received).toContain(JSON.stringify(['x-name', 'caf\u00e9']).slice(1, -1));
    const headers = { 'x-name': 'caf\u00e9' };
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/py/socket`, { headers });
    const greeted = once(socket, 'message') as Promise<[Buffer]>;
    expect((await greeted)[0].toString()).toBe('caf\u00e9');
    socket.close();
  });

  it('a WebSocket that is denied counts with its status', async () => {
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/py/socket?deny=1`);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('403');
    const counted = async (): Promise<boolean> =>
      (await (await app.get('/metrics')).text()).includes('{endpoint="/py",http_response_code="403"'); // prettier-ignore
    await until(counted, 5000);
  });

  it('a WSGI application gets 64 MiB, by length and in chunks, and gives them back', async () => {
    const piece = randomBytes(MIB);
    const expected = createHash('sha256');
    for (let i = 0; i < 64; i++) expected.update(piece);
    const digest = expected.digest('hex');
    const pieces = Array.from({ length: 64 }, () => piece);
    for (const headers of [{ 'content-length': 64 * MIB }, { 'transfer-encoding': 'chunked' }]) {
      const sent = request(`${app.url}/flask/echo`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-test' },
      });
      const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
      Readable.from(pieces).pipe(sent);
      const [answer] = await answered;
      const received = createHash('sha256');
      for await (const chunk of answer) received.update(chunk as Buffer);
      expect(answer.headers['content-type']).toBe('application/x-test');
      expect(received.digest('hex')).toBe(digest);
    }
  }, 60_000);

  it('chunks of a WSGI application come one by one', async () => {
    const answer = await app.get('/flask/gated');
    const chunks = answer.body as unknown as AsyncIterable<Uint8Array>;
    let at = 0;
    for await (const chunk of chunks) {
      expect(Buffer.from(chunk).toString()).toBe(`${at++}\n`);
      // The next one is not made before.
      await app.post('/flask/turn');
    }
    expect(at).toBe(20);
  });

  it('a WSGI application is told when the client leaves', async () => {
    const abort = new AbortController();
    const answer = await fetch(`${app.url}/flask/endless`, { signal: abort.signal });
    await answer.body?.getReader().read();
    expect(await json('/flask/left')).toEqual([]);
    abort.abort();
    await until(async () => JSON.stringify(await json('/flask/left')) === '[true]', 5000);
  });

  it('event loops of Python that come and go leave no connection behind', async () => {
    const { results, more } = (await json('/py/loops')) as { results: unknown[]; more: number };
    expect(results).toEqual(Array.from({ length: 20 }, () => [0, 2]));
    // The last one's is kept for as long as nobody asks again.
    expect(more).toBeLessThanOrEqual(1);
  });

  it('a call of Python that gets garbage does not spoil the next one', async () => {
    expect(await json('/py/garbage')).toEqual(['WireProtocolError', [2]]);
  });

  // The last one: from here on it is another model.
  it('the model of a runner is the one that it serves now', async () => {
    expect(await json('/py/model')).toMatchObject({ name: 'iris_clf' });
    const headers = { 'content-type': 'text/plain' };
    const answer = await app.post('/reload', 'iris_clf_with_feature_names:latest', headers);
    expect([answer.status, await answer.text()]).toEqual([200, 'reloaded']);
    expect(await json('/py/model')).toMatchObject({ name: 'iris_clf_with_feature_names' });
  });
});
