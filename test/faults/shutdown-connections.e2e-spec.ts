import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { text } from 'node:stream/consumers';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { ServedApp, until } from '../e2e/served-app.js';
import { FaultApp } from './fault-app.js';

const GRACE_MS = 5000;

let served: ServedApp | undefined;

afterEach(async () => {
  await served?.end('SIGKILL');
});

/** The exit code after SIGTERM, or what it did instead. */
async function terminate(app: ServedApp): Promise<number | string> {
  const startedAt = performance.now();
  const ended = await Promise.race([app.end(), sleep(2 * GRACE_MS, 'still there')]);
  const ms = performance.now() - startedAt;
  console.info(`exit: ${ended} after ${ms.toFixed(0)} ms (bound ${GRACE_MS})`);
  return ended;
}

it('SIGTERM while a client is connected that never sent a request: exit 0', async () => {
  served = await ServedApp.start();
  const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
  await once(socket, 'connect');
  await sleep(100);
  const ended = await terminate(served);
  socket.destroy();
  expect(ended).toBe(0);
});

it('SIGTERM while a request of a keep-alive client runs: it is answered with close; exit 0', async () => {
  const app = await FaultApp.start({ faults: { batchMs: 500 } });
  served = app.served;
  const agent = new Agent({ keepAlive: true });
  const headers = { 'content-type': 'application/json' };
  const call = request(`${served.url}/rows`, { agent, method: 'POST', headers });
  call.end(JSON.stringify({ method: 'slow', rows: [1] }));
  const answered = once(call, 'response') as Promise<[IncomingMessage]>;
  await until(async () => (await app.status()).pending === 1, 2000);
  const exited = terminate(served);
  const [response] = await answered;
  response.resume();
  const ended = await exited;
  agent.destroy();
  expect([response.statusCode, response.headers.connection]).toEqual([200, 'close']);
  expect(ended).toBe(0);
});

it('SIGTERM while a session of HTTP/2 is idle, and one has a request: it is answered; exit 0', async () => {
  const entry = 'dist/test/fixtures/served-app/main.js';
  served = await ServedApp.spawn({ entry, env: { OPTIONS: JSON.stringify({ http2: true }) } });
  const { url } = served;
  await until(async () => (await overHttp2(url, '/readyz').answer) === 200, 20_000);
  const idle = overHttp2(url, '/readyz');
  expect(await idle.answer).toBe(200);
  const busy = overHttp2(url, '/slow');
  await sleep(100);
  const startedAt = performance.now();
  const ended = await terminate(served);
  const ms = performance.now() - startedAt;
  expect([await busy.answer, ended]).toEqual([200, 0]);
  expect(ms).toBeLessThan(GRACE_MS);
  for (const { session } of [idle, busy]) session.destroy();
});

/** A request of a session that stays open. */
function overHttp2(url: string, path: string) {
  const session = connectHttp2(url);
  // The request fails with it.
  session.on('error', () => undefined);
  const stream = session.request({ ':path': path });
  // A stream whose connection is closed ends without a word, and one that hangs says nothing.
  stream.setTimeout(10_000, () => stream.close());
  const closed = once(stream, 'close').then(() => {
    throw new Error(`Expected a response to ${path}, got a stream that was closed.`);
  });
  const responded = Promise.race([once(stream, 'response'), closed]);
  const answer = responded.then(async ([headers]: Record<string, number>[]) => {
    await text(stream);
    return headers?.[':status'];
  });
  return { session, answer };
}
