import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ServedApp, until } from './served-app.js';

const ORIGIN = { origin: 'https://example.com' };
const MAX_BODY = 100_000;

let app: ServedApp;

beforeAll(async () => {
  const options = { maxConcurrency: 4, timeoutMs: 1500, bodyLimitBytes: MAX_BODY };
  app = await ServedApp.start({
    entry: 'dist/test/fixtures/limits-app/main.js',
    env: { LIMITS_APP: JSON.stringify(options) },
  });
});

afterAll(() => app.end());

const call = (path: string, ms: number) => app.post(path, String(ms), ORIGIN);

/** What was reported of a route since. */
const counted = (endpoint: string): string[] =>
  [...app.output.matchAll(/^request (\S*) (\d+)$/gm)].flatMap(([, route, status]) =>
    route === endpoint ? [status] : [],
  );

/** A page of the allowed origin may read it, and those who count requests were told. */
async function expectFailure(answer: Response, status: number, code: string, endpoint: string) {
  const body = (await answer.json()) as Record<string, unknown>;
  expect([answer.status, body.errorCode]).toEqual([status, code]);
  expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN.origin);
  await until(
    () => counted(endpoint).includes(String(status)),
    2000,
    () => app.output,
  );
  return { answer, message: String(body.message) };
}

async function expectTooMany(answer: Response, endpoint: string, message: string): Promise<void> {
  const failure = await expectFailure(answer, 429, 'TOO_MANY_REQUESTS', endpoint);
  expect(failure.message).toBe(message);
  expect(failure.answer.headers.get('retry-after')).toBe('1');
}

describe('maxConcurrency', () => {
  it('of a service counts the runs of all its methods, a route its own', async () => {
    const first = call('/single', 1000);
    await sleep(80);
    await expectTooMany(
      await call('/single', 1),
      '/single',
      'Too many requests: this route takes 1 at a time. Try again later.',
    );
    const third = call('/limited', 350);
    await sleep(50);
    await expectTooMany(
      await call('/limited', 1),
      '/limited',
      'Too many requests: this service takes 2 at a time. Try again later.',
    );
    expect((await call('/open', 1)).status).toBe(200);
    for (const held of [first, third]) expect((await held).status).toBe(200);
    expect((await call('/single', 1)).status).toBe(200);
  });

  it('of the server counts what controllers and mounts do too; health, metrics and docs are outside', async () => {
    // Made when it is first asked for, which takes longer than the requests are held.
    await app.get('/docs.json');
    const held = [
      call('/open', 1200),
      call('/open', 1200),
      app.get('/plain/wait'),
      app.get('/legacy/1200'),
    ];
    await sleep(100);
    const message = 'Too many requests: this server takes 4 at a time. Try again later.';
    await expectTooMany(await call('/open', 1), '/open', message);
    await expectTooMany(await app.get('/plain/wait', ORIGIN), '/plain/wait', message);
    await expectTooMany(await app.get('/legacy/1', ORIGIN), '/legacy', message);
    for (const path of ['/livez', '/readyz', '/healthz', '/metrics', '/docs.json', '/']) {
      expect([path, (await app.get(path)).status]).toEqual([path, 200]);
    }
    // All of them were answered while the server was full.
    expect((await call('/open', 1)).status).toBe(429);
    const preflight = await fetch(`${app.url}/open`, {
      method: 'OPTIONS',
      headers: { ...ORIGIN, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    for (const each of held) expect((await each).status).toBe(200);
    await until(async () => (await call('/open', 1)).status === 200, 1000);
  });

  it('counts the request for a WebSocket until it is open, and not what is open', async () => {
    const url = `${app.url.replace('http', 'ws')}/legacy`;
    const open = async (ms: number): Promise<WebSocket> => {
      const socket = new WebSocket(`${url}/${ms}`);
      await once(socket, 'open');
      return socket;
    };
    const opened = await Promise.all([1, 1, 1, 1].map(open));
    opened.push(await open(1));
    expect((await app.get('/legacy/1')).status).toBe(200);
    const asked = Promise.all([600, 600, 600, 600].map(open));
    await sleep(200);
    expect((await app.get('/legacy/1')).status).toBe(429);
    const [error] = (await once(new WebSocket(`${url}/1`), 'error')) as [Error];
    expect(error.message).toContain('429');
    opened.push(...(await asked));
    expect((await app.get('/legacy/1')).status).toBe(200);
    for (const socket of opened) socket.terminate();
  });

  it.each(['/pieces', '/file'])('counts what is streamed until its end (%s)', async (path) => {
    const streams = await Promise.all([call(path, 1000), call(path, 1000)]);
    expect(streams.map(({ status }) => status)).toEqual([200, 200]);
    expect((await call('/limited', 1)).status).toBe(429);
    for (const stream of streams) expect(await stream.text()).toContain('last');
    await until(async () => (await call('/limited', 1)).status === 200, 1000);
  });

  it('counts what is streamed until its client leaves', async () => {
    const controllers = [new AbortController(), new AbortController()];
    for (const { signal } of controllers) {
      const headers = { 'content-type': 'application/json' };
      const sent = { method: 'POST', headers, body: '60000', signal };
      expect((await fetch(`${app.url}/file`, sent)).status).toBe(200);
    }
    expect((await call('/limited', 1)).status).toBe(429);
    for (const controller of controllers) controller.abort();
    await until(async () => (await call('/limited', 1)).status === 200, 1000);
  });
});

describe('timeoutMs', () => {
  it('of the service: 504, the signal is aborted; the place is free when the work has ended', async () => {
    const before = app.output.length;
    const startedAt = performance.now();
    const answers = await Promise.all([call('/limited', 1000), call('/limited', 1000)]);
    const ms = performance.now() - startedAt;
    console.info(`504 after ${ms.toFixed(0)} ms (timeoutMs 400)`);
    const [first, second] = answers;
    await expectFailure(first, 504, 'API_TIMEOUT', '/limited');
    expect(second.status).toBe(504);
    expect(ms).toBeLessThan(1000);
    expect(app.output.slice(before)).not.toContain('worked');
    expect(app.output.slice(before).match(/aborted/g)).toHaveLength(2);
    expect((await call('/limited', 1)).status).toBe(429);
    await until(() => app.output.slice(before).match(/worked/g)?.length === 2, 2000);
    expect((await call('/limited', 1)).status).toBe(200);
  });

  it('of an Observable: 504, it is left, and its place is free', async () => {
    const before = app.output.length;
    const held = call('/observed', 300);
    expect((await Promise.all([held, call('/observed', 300)])).map(({ status }) => status)).toEqual(
      [200, 200],
    );
    expect(await (await held).text()).toBe('last');
    const late = [call('/observed', 60_000), call('/observed', 60_000)];
    await until(() => app.output.slice(before).match(/ended/g)?.length === 2, 2000);
    expect((await call('/limited', 1)).status).toBe(429);
    for (const each of late) await expectFailure(await each, 504, 'API_TIMEOUT', '/observed');
    expect(app.output.slice(before).match(/aborted/g)).toHaveLength(2);
    expect(app.output.slice(before).match(/ended/g)).toHaveLength(4);
    expect((await call('/limited', 1)).status).toBe(200);
  });

  it('an Observable whose client leaves is left, too', async () => {
    const before = app.output.length;
    const controller = new AbortController();
    const { signal } = controller;
    const headers = { 'content-type': 'application/json' };
    const left = fetch(`${app.url}/observed`, { method: 'POST', headers, body: '390', signal });
    setTimeout(() => controller.abort(), 100);
    await expect(left).rejects.toThrow('aborted');
    await until(() => app.output.slice(before).includes('ended'), 2000);
    expect(app.output.slice(before)).not.toContain('worked');
    expect(app.complaints).toEqual([]);
  });

  it('of the server, for what has none: its place, too, is held until the work has ended', async () => {
    const calls = Array.from({ length: 4 }, () => call('/open', 3000));
    for (const each of calls) {
      const failure = await expectFailure(await each, 504, 'API_TIMEOUT', '/open');
      expect(failure.message).toContain('within 1500 ms');
    }
    expect((await call('/open', 1)).status).toBe(429);
    await until(async () => (await call('/open', 1)).status === 200, 5000);
  });
});

describe('other failures', () => {
  it('bodyLimitBytes holds for services and controllers: 413', async () => {
    const body = JSON.stringify('x'.repeat(MAX_BODY));
    for (const path of ['/open', '/plain']) {
      const answer = await app.post(path, body, ORIGIN);
      const failure = await expectFailure(answer, 413, 'BODY_TOO_LARGE', path);
      expect(failure.message).toContain(`at most ${MAX_BODY} bytes`);
    }
    const fits = await app.post('/plain', JSON.stringify('x'.repeat(MAX_BODY - 2)), ORIGIN);
    expect(fits.status).toBe(201);
  });

  it('404 and 405 are seen by those who count, and readable across origins', async () => {
    const unknown = await app.get('/unknown', ORIGIN);
    expect((await expectFailure(unknown, 404, 'NOT_FOUND', '')).message).toContain('/unknown');
    const wrong = await app.get('/open', ORIGIN);
    expect((await expectFailure(wrong, 405, 'METHOD_NOT_ALLOWED', '')).message).toContain('POST');
  });
});
