import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
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
