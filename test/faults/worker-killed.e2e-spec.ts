import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServedApp, until } from '../e2e/served-app.js';
import { childPids } from './child-processes.js';
import { Load } from './load.js';

const FLOWER = [[6.2, 3.2, 5.2, 2.2]];
const CLIENTS = 16;

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start();
});

afterAll(async () => {
  await app.end();
});

const workerPid = (): number => childPids(app.process.pid)[0];

it('kill -9 of the worker under load: its batch gets 503, a new one serves within 2 s', async () => {
  const load = new Load(CLIENTS, () => app.post('/classify', FLOWER));
  await sleep(500);
  const killed = workerPid();
  const before = load.statuses.get(200) ?? 0;
  // Stopped first, so that a batch is in it for certain when it dies.
  process.kill(killed, 'SIGSTOP');
  await sleep(100);
  process.kill(killed, 'SIGKILL');
  const startedAt = performance.now();
  await until(() => (load.statuses.get(503) ?? 0) > 0, 1000);
  const failedMs = performance.now() - startedAt;
  const servedWhenDead = load.statuses.get(200) ?? 0;
  await until(() => (load.statuses.get(200) ?? 0) > servedWhenDead + 100, 5000);
  const backMs = performance.now() - startedAt;
  await load.stop();
  console.info(
    `503 after ${failedMs.toFixed(0)} ms (bound 1000), served again after ${backMs.toFixed(0)} ms (bound 2000)`,
  );
  expect(load.unanswered).toEqual([]);
  expect(new Set(load.statuses.keys())).toEqual(new Set([200, 503]));
  // Only what was in the dead worker's batch fails; what was queued waits for the next worker.
  expect(load.statuses.get(503)).toBeLessThanOrEqual(CLIENTS);
  expect(before).toBeGreaterThan(0);
  expect(workerPid()).not.toBe(killed);
  expect(backMs).toBeLessThan(2000);
});

it('20 kills in a row: not ready each time, and ready again', async () => {
  for (let i = 0; i < 20; i++) {
    process.kill(workerPid(), 'SIGKILL');
    await until(async () => (await app.get('/readyz')).status === 503, 2000);
    await app.untilReady();
  }
  expect(await (await app.post('/classify', FLOWER)).text()).toBe('[2]');
  expect((await app.get('/livez')).status).toBe(200);
});
