import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServedApp, until } from './served-app.js';

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({ entry: 'dist/test/fixtures/mount-app/main.js' });
});
afterAll(async () => {
  await app.end();
});

const counted = (endpoint: string, status: number): number =>
  app.output.split(`request ${endpoint} ${status}\n`).length - 1;

it.each(['express', 'koa', 'hono', 'fastify', 'fetch', 'node'])(
  'a client of %s that leaves in the midst of its upload counts as left, however it ends the connection',
  async (kind) => {
    for (const [index, way] of (['destroy', 'resetAndDestroy'] as const).entries()) {
      const headers = { 'content-type': 'text/plain', 'content-length': 1000 };
      const call = request(`${app.url}/${kind}/echo`, { method: 'POST', headers });
      call.on('error', () => undefined);
      call.write('half');
      const [answer] = (await once(call, 'response')) as [IncomingMessage];
      answer.on('error', () => undefined);
      call.socket?.[way]();
      await until(() => counted(`/${kind}`, 499) === index + 1, 5000, () => app.output); // prettier-ignore
    }
    expect([counted(`/${kind}`, 400), counted(`/${kind}`, 500)]).toEqual([0, 0]);
    expect(await (await app.post(`/${kind}/echo`, 'next')).text()).toBe('next');
  },
);

it.each(['hono', 'fetch'])('the stream of %s ends when its client leaves', async (kind) => {
  const client = new AbortController();
  const answer = await fetch(`${app.url}/${kind}/endless`, { signal: client.signal });
  const first = await answer.body?.getReader().read();
  expect(Buffer.from(first?.value ?? []).toString()).toContain('on and');
  client.abort();
  await until(() => app.output.includes(`stopped ${kind}`), 5000);
  await until(() => counted(`/${kind}`, 499) === 3, 5000);
});
