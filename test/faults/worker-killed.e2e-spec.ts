import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
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

it('kill -9 of the worker under load: what it had gets 503, a new one serves within 2 s', async () => {
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
  expect(before).toBeGreaterThan(0);
  expect(workerPid()).not.toBe(killed);
  expect(backMs).toBeLessThan(2000);
});

it('20 kills in a row of a worker that served: not ready each time, and ready again', async () => {
  for (let i = 0; i < 20; i++) {
    expect((await app.post('/classify', FLOWER)).status).toBe(200);
    process.kill(workerPid(), 'SIGKILL');
    await until(async () => (await app.get('/readyz')).status === 503, 2000);
    await app.untilReady();
  }
  expect(await (await app.post('/classify', FLOWER)).text()).toBe('[2]');
  expect((await app.get('/livez')).status).toBe(200);
});

describe('kill -9 of one runner’s only worker under load', () => {
  /** Of the fixture; a worker has one batch at a time. */
  const MAX_BATCH_SIZE = 8;
  const MANY_CLIENTS = 5 * MAX_BATCH_SIZE;

  it('fails no more than its batch, and nothing of another runner or of the server', async () => {
    const runners = await ServedApp.start({
      entry: 'dist/test/fixtures/runner-app/main.js',
      env: { WORKERS: '1' },
    });
    onTestFinished(async () => {
      await runners.end();
    });
    const described = await runners.post('/describe', '"x"');
    const { pid } = (await described.json()) as { pid: number };
    const hit = new Load(MANY_CLIENTS, () => runners.post('/multiply', [1]));
    const other = new Load(4, () => runners.post('/irisLabels', FLOWER));
    const live = new Load(2, () => runners.get('/livez'));
    const served = (load: Load): number => load.statuses.get(200) ?? 0;
    const grown = (load: Load, by: number): Promise<number> => {
      const before = served(load);
      return until(() => served(load) > before + by, 5000);
    };
    await Promise.all([hit, other, live].map((load) => grown(load, 20)));
    process.kill(pid, 'SIGSTOP');
    // While the worker hangs, and its queue fills, the rest goes on.
    await grown(other, 50);
    await grown(live, 50);
    process.kill(pid, 'SIGKILL');
    await until(() => (hit.statuses.get(503) ?? 0) > 0, 2000);
    await Promise.all([grown(hit, 100), grown(other, 20), grown(live, 20)]);
    await Promise.all([hit.stop(), other.stop(), live.stop()]);
    console.info(`${hit.statuses.get(503)} of ${MANY_CLIENTS} calls failed with the worker`);
    expect([...other.statuses.keys(), ...live.statuses.keys()]).toEqual([200, 200]);
    expect([hit, other, live].flatMap(({ unanswered }) => unanswered)).toEqual([]);
    // What was queued waits for the next worker.
    expect(new Set(hit.statuses.keys())).toEqual(new Set([200, 503]));
    expect(hit.statuses.get(503)).toBeLessThanOrEqual(MAX_BATCH_SIZE);
  });
});
