import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { python, servePython, talkToSockets } from './python-apps.js';
import { until } from './served-app.js';
import type { ServedApp } from './served-app.js';
import { JWT_SECRET, signToken } from './signed-tokens.js';
import { getRaw, sendRaw } from './smuggled-requests.js';

const MIB = 1024 * 1024;
let app: ServedApp;

const json = async (path: string, init?: RequestInit): Promise<unknown> =>
  (await fetch(app.url + path, init)).json();

function linesOf({ output }: ServedApp, start: string): string[] {
  return output.split('\n').filter((line) => line.startsWith(start));
}

interface Shown {
  readonly headers: readonly (readonly [string, string])[];
  readonly root_path: string;
  readonly url: string;
  readonly client: string;
  readonly body: string;
}

describe.skipIf(python === '')('a Python application beside the services', () => {
  beforeAll(async () => {
    app = await servePython({ WSGI_APP: 'wsgi_app:app', API_KEYS: 'first-key', JWT_SECRET });
  }, 120_000);

  afterAll(async () => {
    await app.end();
  });

  it('knows the path that it is mounted at, and who asks', async () => {
    const shown = (await json('/py/request/a%20b?c=d%2Fe')) as Shown;
    expect(shown).toMatchObject({
      root_path: '/py',
      // Starlette's own way to show a path: unescaped.
      url: `${app.url}/py/request/a b?c=d%2Fe`,
      client: '127.0.0.1',
    });
    expect(await json('/flask/request?a=b')).toEqual({
      url: `${app.url}/flask/request?a=b`,
      script: '/flask',
      own: '/flask/request',
      client: '127.0.0.1',
    });
    const docs = await fetch(`${app.url}/py/docs`);
    expect(await docs.text()).toContain("url: '/py/openapi.json'");
  });

  it('gets the id of each request, and a runner that it calls is told it', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { 'x-request-id': 'r-7', traceparent };
    const shown = (await json('/py/request/x', { headers })) as Shown;
    expect(Object.fromEntries(shown.headers)).toMatchObject(headers);
    const answer = await fetch(`${app.url}/py/request/x`);
    const ours = answer.headers.get('x-request-id') ?? '';
    expect(ours).toMatch(/^[\da-f]{12}-\w+$/);
    const told = Object.fromEntries(((await answer.json()) as Shown).headers);
    expect(told['x-request-id']).toBe(ours);
    for (const [path, requestId] of [
      ['/py/predict', 'asgi-1'],
      ['/flask/predict', 'wsgi-1'],
    ]) {
      await fetch(app.url + path, { headers: { ...headers, 'x-request-id': requestId } });
      const line = `batch for ${JSON.stringify([{ requestId, traceparent }])}\n`;
      await until(
        () => app.output.includes(line),
        5_000,
        () => app.output,
      );
    }
  });

  it('gets end-to-end headers, and what we say about the request, which no client can', async () => {
    const headers = {
      connection: 'keep-alive, X-Secret',
      'x-secret': 'for the next hop',
      'proxy-authorization': 'Basic eDp5',
      te: 'trailers',
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-prefix': '/evil',
      'x-forwarded-proto': 'https',
      'X-Custom': 'kept',
    };
    const sent = request(`${app.url}/py/request/x`, { method: 'POST', headers });
    sent.end('body');
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const shown = JSON.parse((await buffer(answer)).toString()) as Shown;
    const got = Object.fromEntries(shown.headers);
    expect(Object.keys(got).filter((name) => /secret|proxy|^te$/.test(name))).toEqual([]);
    expect(got).toMatchObject({
      'x-custom': 'kept',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-prefix': '/py',
      'x-forwarded-host': new URL(app.url).host,
    });
    expect(shown).toMatchObject({ root_path: '/py', client: '127.0.0.1', body: 'body' });
  });

  it('echoes 64 MiB as they come', async () => {
    const piece = randomBytes(MIB);
    const hash = createHash('sha256');
    const pieces = function* (): Generator<Buffer> {
      for (let i = 0; i < 64; i++) {
        hash.update(piece);
        yield piece;
      }
    };
    const answer = await fetch(`${app.url}/py/echo/`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-test' },
      body: Readable.toWeb(Readable.from(pieces())),
      duplex: 'half',
    });
    expect(answer.headers.get('content-type')).toBe('application/x-test');
    const received = createHash('sha256');
    let bytes = 0;
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      received.update(chunk);
      bytes += chunk.length;
    }
    expect(bytes).toBe(64 * MIB);
    expect(received.digest('hex')).toBe(hash.digest('hex'));
  }, 60_000);

  it('streams a thousand chunks one by one', async () => {
    const answer = await fetch(`${app.url}/py/chunks/1000`);
    const chunks: string[] = [];
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      chunks.push(Buffer.from(chunk).toString());
    }
    expect(chunks.join('').split('\n')).toHaveLength(1001);
    // They come a millisecond apart: a proxy that gathers them would make few of them.
    expect(chunks.length).toBeGreaterThan(500);
    const flask = await (await fetch(`${app.url}/flask/chunks`)).text();
    expect(flask.split('\n')).toHaveLength(1001);
  });

  it('is told when the client leaves', async () => {
    const abort = new AbortController();
    const answer = await fetch(`${app.url}/py/chunks/60000`, { signal: abort.signal });
    await answer.body?.getReader().read();
    abort.abort();
    const left = async (): Promise<readonly number[]> => (await json('/py/left')) as number[];
    await until(async () => (await left()).length > 0, 5000);
    const [at] = await left();
    expect(at).toBeLessThan(59_999);
  });

  it('has WebSockets, a hundred at once, and may deny them', async () => {
    const answers = await talkToSockets(app, 100);
    expect(answers).toEqual(answers.map((_, index) => `/py hello ${index}`));
    const denied = new WebSocket(`${app.url.replace('http', 'ws')}/py/socket?deny=1`);
    const [error] = (await once(denied, 'error')) as [Error];
    expect(error.message).toContain('403');
  });

  it('is behind a key, as all else that is mounted, its WebSockets too', async () => {
    for (const headers of [{}, { 'x-api-key': 'another-key' }] as Record<string, string>[]) {
      const answer = await app.get('/keyed/py/request/x', headers);
      expect([answer.status, await answer.json()]).toEqual([
        401,
        expect.objectContaining({ message: 'Expected a known key in the header X-Api-Key.' }),
      ]);
    }
    const known = { 'x-api-key': 'first-key' };
    const answer = await app.post('/keyed/py/request/x', 'sent', known);
    expect(await answer.json()).toMatchObject({ root_path: '/keyed/py', body: 'sent' });
    const url = `${app.url.replace('http', 'ws')}/keyed/py/socket`;
    const [error] = (await once(new WebSocket(url), 'error')) as [Error];
    expect(error.message).toContain('401');
    const socket = new WebSocket(url, { headers: known });
    await once(socket, 'open');
    socket.close();
  });

  it('is told by a token who asks, which no client can say itself', async () => {
    const userOf = async (answer: Response): Promise<string | undefined> =>
      Object.fromEntries(((await answer.json()) as Shown).headers)['x-user'];
    const forged = { 'x-user': 'root' };
    const authorization = `Bearer ${await signToken()}`;
    const told = await app.get('/owned/py/request/x', { ...forged, authorization });
    expect(await userOf(told)).toBe('alice');
    // Nor take away, though it says that its own is for this connection.
    for (const user of ['root', 'alice']) {
      const raw = getRaw('/owned/py/request/x', 'Host: x', `X-User: ${user}`, 'Connection: X-User', `Authorization: ${authorization}`); // prettier-ignore
      expect(await sendRaw(app.url, raw)).toContain('["x-user","alice"]');
    }
    for (const token of ['', `Bearer ${await signToken({}, 'x'.repeat(32))}`]) {
      const answer = await app.get('/owned/py/request/x', { ...forged, authorization: token });
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
    const open = await app.get('/py/request/x', { authorization });
    expect(await userOf(open)).toBeUndefined();
  });

  it('whose header from a middleware HTTP cannot carry: the log says which, and the answer 500', async () => {
    const authorization = `Bearer ${await signToken({ sub: '山田' })}`;
    // By both ways to the application.
    for (const more of [{}, { 'if-none-match': '"a"' }] as Record<string, string>[]) {
      const answer = await app.get('/owned/py/request/x', { authorization, ...more });
      const { requestId, ...body } = (await answer.json()) as { requestId: string };
      expect([answer.status, body]).toEqual([500, expect.objectContaining({ errorCode: 'INTERNAL_ERROR' })]); // prettier-ignore
      expect(JSON.stringify(body)).not.toContain('x-user');
      const about = (line: string): boolean => line.includes(`(request ${requestId})`);
      const line = (): string => app.output.split('\n').find(about) ?? '';
      await until(() => line() !== '', 5000);
      expect(line()).toMatch(/header "x-user", which middleware has set.*up to U\+00FF/);
    }
  });

  it('leaves it to the server what a SIGHUP means', async () => {
    const pid = (await json('/py/pid')) as number;
    const { stdout } = spawnSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' });
    for (const each of [pid, Number(stdout)]) process.kill(each, 'SIGHUP');
    expect(await json('/py/sleep?seconds=0.3')).toBe(0.3);
    expect(await json('/py/pid')).toBe(pid);
  });

  it('does not shadow the infrastructure, and is counted under its path', async () => {
    expect((await fetch(`${app.url}/py/nowhere`)).status).toBe(404);
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    expect(metrics).toMatch(/endpoint="\/py"[^}]*http_response_code="404"|http_response_code="404"[^}]*endpoint="\/py"/); // prettier-ignore
    expect(metrics).not.toContain('/py/nowhere');
  });

  it('calls the runners, from threads and from its event loop', async () => {
    expect(await json('/py/predict')).toEqual([[0, 2], [0, 2], [0, 2]]); // prettier-ignore
    const many = (await json('/py/predict_many')) as number[][];
    expect(many).toHaveLength(200);
    expect(many.filter(([first, second]) => first !== 0 || second !== 2)).toEqual([]);
    expect(await json('/flask/predict')).toEqual([2]);
    expect(await json('/py/model')).toEqual({ name: 'iris_clf', version: 'qojfx7t2csxcqyz4' });
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    // Calls of Python join batches, as all others do.
    const batches = [
      ...metrics.matchAll(/adaptive_batch_size_bucket\{[^}]*le="(\d+)"[^}]*\} (\d+)/g),
    ];
    expect(batches.length).toBeGreaterThan(0);
    const sum = /adaptive_batch_size_sum\{[^}]*\} (\d+)/.exec(metrics);
    const count = /adaptive_batch_size_count\{[^}]*\} (\d+)/.exec(metrics);
    expect(Number(sum?.[1]) / Number(count?.[1])).toBeGreaterThan(2);
  });

  it('may wait for an answer no longer than it says, from threads and from its event loop', async () => {
    const { ends, pending, naps } = (await json('/py/deadlines')) as {
      ends: readonly [string, number, string][];
      pending: number;
      naps: string[];
    };
    expect(ends.map(([code, status]) => `${code} ${status}`)).toEqual(Array(3).fill('RUNNER_TIMEOUT 504')); // prettier-ignore
    expect(ends[0][2]).toMatch(/^Runner "arithmetic" gave no answer within \d+ ms\./);
    // Which run all the while, and are no worse for it.
    expect(pending).toBeGreaterThan(0);
    expect(naps).toEqual(Array(4).fill('awake'));
    expect(linesOf(app, 'lost arithmetic.describe')).toEqual(Array(3).fill('lost arithmetic.describe 504 timeout, never run')); // prettier-ignore
  });

  it('is told what is no time for an answer', async () => {
    const failures = (await json('/py/wrong_deadlines')) as [string, number, string][];
    for (const [index, got] of ['0', '-1', 'nan', "'5'", 'True'].entries()) {
      const message = `timeout_ms of a call must be a positive number of milliseconds, got ${got}.`;
      expect(failures[index]).toEqual(['INVALID_RUNNER_OPTIONS', 500, message]);
    }
  });

  it('takes a call out of the queue by cancelling its task', async () => {
    expect(await json('/py/cancelled')).toEqual({
      ends: ['CancelledError', 'CancelledError'],
      after: 'after',
    });
    expect(linesOf(app, 'lost arithmetic.positive')).toEqual(['lost arithmetic.positive 499 aborted, never run']); // prettier-ignore
    expect(linesOf(app, 'lost arithmetic.multiply')).toEqual(['lost arithmetic.multiply 499 aborted, never run']); // prettier-ignore
  });

  it('calls with tables of pandas, and gets such', async () => {
    const total = ['DataFrame', { a: [1.5, 2], b: [10, 20], total: [11.5, 22] }];
    expect(await json('/py/table')).toEqual([total, total]);
  });

  it.each(['?sync=true', ''])('gets the runner’s own errors (%s)', async (query) => {
    const answer = await fetch(`${app.url}/py/predict_wrong${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 'INVALID_MODEL_INPUT',
      message: expect.stringContaining('dimension 1 to be 4') as string,
    });
  });
});
