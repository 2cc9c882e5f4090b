import { afterAll, beforeAll, expect, it } from 'vitest';
import { meetBounds } from './bounds.js';
import { FaultApp, residentMb } from './fault-app.js';
import { Load } from './load.js';

const MAX_BATCH = 4;

let app: FaultApp;

beforeAll(async () => {
  const runner = { workers: 2, maxHeapMb: 64, maxBatchSize: MAX_BATCH };
  app = await FaultApp.start({ runner, faults: { batchMs: 20 } });
});

afterAll(() => app.end());

it('a worker at its V8 heap limit: 503 for its call, and the others serve on', async () => {
  const load = new Load(8, () => app.rows('slow', [1]));
  await meetBounds(async () => {
    const [before, { restarts }] = [residentMb(app.pid), await app.status()];
    const startedAt = performance.now();
    const response = await app.single('fillHeap');
    const failedMs = performance.now() - startedAt;
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ errorCode: 'RUNNER_WORKER_LOST' });
    const backMs = await app.untilWorkers(2);
    console.info(
      `503 after ${failedMs.toFixed(0)} ms, two workers after ${backMs.toFixed(0)} ms more`,
    );
    expect((await app.status()).restarts).toBe(restarts + 1);
    return [{ name: 'the server grew by MiB', value: residentMb(app.pid) - before, atMost: 10 }];
  });
  await load.stop();
  expect(load.unanswered).toEqual([]);
  // It ran the greedy call alone, so nobody else's is lost.
  expect([...load.statuses.keys()]).toEqual([200]);
  expect(app.served.output).toContain('JavaScript heap out of memory');
});

it('names the abort in the log', () => {
  expect(app.log).toContainEqual(expect.stringMatching(/aborted \(SIGABRT\)/));
});

it('a SIGKILL, as the kernel sends it for lack of memory, is named in the log', async () => {
  const [pid = 0] = await app.readyPids();
  const { restarts } = await app.status();
  process.kill(pid, 'SIGKILL');
  await app.untilWorkers(1);
  await app.untilWorkers(2);
  expect(await app.readyPids()).not.toContain(pid);
  expect((await app.status()).restarts).toBe(restarts + 1);
  expect(app.log).toContainEqual(expect.stringMatching(/killed \(SIGKILL\)/));
});
