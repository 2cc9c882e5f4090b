import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ServedApp } from './served-app.js';
import { JWT_SECRET, signToken } from './signed-tokens.js';
import { SMUGGLED, getRaw, sendRaw, statuses } from './smuggled-requests.js';

const entry = 'dist/test/fixtures/middleware-app/main.js';
const TEXT = { 'content-type': 'text/plain' };

interface Arrival {
  readonly by: string;
  readonly input: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

let app: ServedApp;
let redirecting: ServedApp;

beforeAll(async () => {
  const env = { API_KEYS: 'first-key,second-key', JWT_SECRET };
  app = await ServedApp.start({ entry, env });
  redirecting = await ServedApp.start({ entry, env: { ...env, REDIRECT: '1' } });
});

afterAll(async () => {
  await app.end();
  await redirecting.end();
});

const raw = (bytes: string, to = app): Promise<string> => sendRaw(to.url, bytes);

function location(received: string): string | undefined {
  return /^location: (.*?)\r$/im.exec(received)?.[1];
}

interface Refusal {
  readonly status: number | undefined;
  readonly location?: string | undefined;
  readonly body: string;
}

/** What a WebSocket to the application says first, or the answer by which it is denied. */
async function openSocket(
  host: string,
  headers: Record<string, string> = {},
  { url } = app,
): Promise<string | Refusal> {
  const address = `${url.replace('http', 'ws')}/legacy/ws?a=b`;
  const socket = new WebSocket(address, { headers: { ...headers, host } });
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      socket.terminate();
      resolve(data.toString());
    });
    socket.on('unexpected-response', (_request, answer: IncomingMessage) => {
      const { statusCode: status, headers: answered } = answer;
      const refusal = { status, ...(answered.location && { location: answered.location }) };
      text(answer).then((body) => resolve({ ...refusal, body }), reject);
    });
  });
}

async function post(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return app.post(path, 'hello', { ...TEXT, ...headers });
}

async function arrivalOf(answer: Response): Promise<Arrival> {
  expect(answer.status).toBe(200);
  return (await answer.json()) as Arrival;
}

describe('TrustedHostMiddleware', () => {
  it.each(['/echo', '/legacy/a', '/keyed/echo', '/metrics', '/docs.json', '/readyz', '/nothing'])(
    'is before %s',
    async (path) => {
      const received = await raw(getRaw(path, 'Host: evil.org'));
      expect(received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(received).toMatch(/\r\ncontent-type: text\/plain; charset=utf-8\r\n/);
      expect(received).toMatch(/\r\n\r\nInvalid host header$/);
    },
  );

  it.each([
    '127.0.0.1:1',
    '[::1]',
    '[0::1]:8000',
    'a.example.com',
    'A.Example.com.',
    'a.b.example.com',
  ])('lets %s through', async (host) => {
    expect(statuses(await raw(getRaw('/readyz', `Host: ${host}`)))).toEqual(['200']);
  });

  it.each([
    ['there twice', 'Host: 127.0.0.1', 'Host: 127.0.0.1'],
    ['there twice with another', 'Host: 127.0.0.1', 'host: evil.org'],
    ['malformed', 'Host: 127.0.0.1/path'],
    ['with a user', 'Host: evil.org@127.0.0.1'],
    ['with another port behind its port', 'Host: 127.0.0.1:80:80'],
    ['an IPv6 address that is none', 'Host: [::1'],
    ['empty', 'Host:'],
  ])('refuses a host that is %s', async (_, ...headers) => {
    expect(statuses(await raw(getRaw('/readyz', ...headers)))).toEqual(['400']);
  });

  it('denies a WebSocket to a host that is not allowed, and sends it to www', async () => {
    expect(await openSocket('evil.org')).toEqual({ status: 400, body: 'Invalid host header' });
    const www = 'ws://www.example.org:8080/legacy/ws?a=b';
    expect(await openSocket('example.org:8080')).toEqual({ status: 307, location: www, body: '' });
  });

  it.each(['a.example.com', '127.0.0.1:1', '[::1]:8000'])('opens one to %s', async (host) => {
    expect(await openSocket(host)).toBe('/ws?a=b');
  });

  it('denies one whose host is there twice', async () => {
    const head = ['GET /legacy/ws HTTP/1.1', 'Host: 127.0.0.1', 'Host: 127.0.0.1'];
    const wish = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
    expect(statuses(await raw([...head, ...wish, key, '', ''].join('\r\n')))).toEqual(['400']);
  });

  it('sends to www, with port, path and query', async () => {
    const received = await raw(getRaw('/legacy/a%20b?c=d&e', 'Host: Example.org:8080'));
    expect(statuses(received)).toEqual(['307']);
    expect(location(received)).toBe('http://www.example.org:8080/legacy/a%20b?c=d&e');
  });

  it('goes on with the connection after a body that nobody read', async () => {
    const refused = `POST /echo HTTP/1.1\r\nHost: evil.org\r\nContent-Length: 5\r\n\r\nhello`;
    const received = await raw(refused + getRaw('/readyz', 'Host: 127.0.0.1'));
    expect(statuses(received)).toEqual(['400', '200']);
  });
});

describe('HttpsRedirectMiddleware', () => {
  it.each([
    ['a.example.com:80', 'https://a.example.com/keyed/legacy/a?b=c'],
    ['a.example.com:8080', 'https://a.example.com:8080/keyed/legacy/a?b=c'],
    ['[::1]:8080', 'https://[::1]:8080/keyed/legacy/a?b=c'],
  ])('sends %s to https before a key is asked for', async (host, expected) => {
    const received = await raw(getRaw('/keyed/legacy/a?b=c', `Host: ${host}`), redirecting);
    expect(statuses(received)).toEqual(['307']);
    expect(location(received)).toBe(expected);
  });

  it('redirects to no host that TrustedHostMiddleware, before it, does not allow', async () => {
    const received = await raw(getRaw('/echo', 'Host: evil.org'), redirecting);
    expect(statuses(received)).toEqual(['400']);
    expect(location(received)).toBeUndefined();
  });

  it('keeps method and body by 307, and passes what a trusted proxy says came encrypted', async () => {
    const options = { ...TEXT, 'x-forwarded-proto': 'https' };
    expect((await redirecting.post('/echo', 'hello', options)).status).toBe(200);
    const plain = await fetch(`${redirecting.url}/echo`, {
      method: 'POST',
      body: 'hello',
      redirect: 'manual',
    });
    expect(plain.status).toBe(307);
    expect(plain.headers.get('location')).toBe(`${redirecting.url.replace('http', 'https')}/echo`);
  });

  it('sends a WebSocket to wss, and opens one that a trusted proxy says came encrypted', async () => {
    const refusal = await openSocket('a.example.com', {}, redirecting);
    const secure = 'wss://a.example.com/legacy/ws?a=b';
    expect(refusal).toEqual({ status: 307, location: secure, body: '' });
    const proxied = { 'x-forwarded-proto': 'https' };
    expect(await openSocket('a.example.com', proxied, redirecting)).toBe('/ws?a=b');
    expect(await openSocket('evil.org', proxied, redirecting)).toMatchObject({ status: 400 });
  });

  it('leaves out what is excluded', async () => {
    expect((await redirecting.get('/livez')).status).toBe(200);
  });
});

describe.each([
  ['a service', '/echo', '/echo'],
  // Express says as originalUrl what a fetch handler is not told.
  ['an application', '/legacy/echo', '/legacy/echo'],
  ['a fetch handler', '/fetch/echo', '/echo'],
])("a middleware of one's own in front of %s", (_, path, seen) => {
  it('changes the headers of the request, and of the answer', async () => {
    const answer = await post(path, { 'x-tenant': 'ACME' });
    expect(answer.headers.get('x-tenant')).toBe('ACME');
    expect(answer.headers.has('x-powered-by')).toBe(false);
    const { headers, input, url } = await arrivalOf(answer);
    expect([headers['x-tenant'], input, url]).toEqual(['acme', 'hello', seen]);
  });

  it('answers by itself', async () => {
    const answer = await post(path, { 'x-tenant': 'blocked' });
    expect([answer.status, await answer.text()]).toEqual([402, 'Please pay first.']);
    // Those before it have their say in its answer.
    expect(answer.headers.get('x-way-out')).toBe('third, second, first');
  });

  it('runs in the order of registration, and backwards on the way out', async () => {
    const answer = await post(path);
    expect(answer.headers.get('x-way-out')).toBe('third, second, first');
    expect((await arrivalOf(answer)).headers['x-way-in']).toBe('first, second, third');
  });
});

it("changes the status of an answer, also of Nest's own", async () => {
  const answer = await app.get('/nothing');
  expect(answer.status).toBe(410);
  expect(await answer.json()).toMatchObject({ statusCode: 404 });
});

describe.each([
  ['a service', 'echo'],
  ['an application', 'legacy/echo'],
  ['a fetch handler', 'fetch/echo'],
])('in front of %s', (_, path) => {
  it('a key is needed', async () => {
    for (const headers of [{}, { 'x-api-key': 'third-key' }, { 'x-api-key': '' }]) {
      const answer = await post(`/keyed/${path}`, headers as Record<string, string>);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({
        errorCode: 'UNAUTHORIZED',
        message: 'Expected a known key in the header X-Api-Key.',
      });
    }
    for (const key of ['first-key', 'second-key']) {
      const { input } = await arrivalOf(await post(`/keyed/${path}`, { 'x-api-key': key }));
      expect(input).toBe('hello');
    }
  });

  it('a token is needed, and says who it is', async () => {
    const authorization = `Bearer ${await signToken()}`;
    const forged = { authorization, 'x-user': 'root' };
    const { headers } = await arrivalOf(await post(`/owned/${path}`, forged));
    expect(headers['x-user']).toBe('alice');
  });

  it.each([
    ['none', async () => ''],
    ['of another secret', async () => `Bearer ${await signToken({}, 'x'.repeat(32))}`],
    ['expired', async () => `Bearer ${await signToken({ exp: 1 })}`],
    ['for others', async () => `Bearer ${await signToken({ aud: 'others' })}`],
    ['without a subject', async () => `Bearer ${await signToken({ sub: undefined })}`],
    ['unsigned', async () => 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.'],
  ])('a token that is %s is refused', async (_kind, authorization) => {
    const answer = await post(`/owned/${path}`, { authorization: await authorization() });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(await answer.json()).toMatchObject({ errorCode: 'UNAUTHORIZED' });
  });
});

describe('a second request, smuggled behind', () => {
  const second = getRaw('/readyz', 'Host: 127.0.0.1');
  const head = ['Host: 127.0.0.1', 'Content-Type: text/plain'];

  it.each(SMUGGLED)('%s: 400 and the end of the connection', async (_, headers, body) => {
    for (const path of ['/echo', '/legacy/echo', '/fetch/echo']) {
      const lines = [`POST ${path} HTTP/1.1`, ...head, ...headers, '', body];
      const received = await raw(lines.join('\r\n') + second);
      expect([path, ...statuses(received)]).toEqual([path, '400']);
    }
  });
});
