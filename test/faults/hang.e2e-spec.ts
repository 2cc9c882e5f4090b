import { afterAll, beforeAll, expect, it } from 'vitest';
import { isAlive, until } from '../e2e/served-app.js';
import { meetBounds } from './bounds.js';
import { FaultApp } from './fault-app.js';
import { Load } from './load.js';

const TIMEOUT_MS = 500;
const HANG_MS = 1500;

let app: FaultApp;

beforeAll(async () => {
  const runner = { workers: 2, timeoutMs: TIMEOUT_MS, hangTimeoutMs: HANG_MS, maxBatchSize: 4 };
  app = await FaultApp.start({ runner, faults: { batchMs: 20 } });
});

afterAll(() => app.end());

it('a busy loop: 504 at the deadline; its worker is killed and replaced, the other serves on', async () => {
  const before = await app.readyPids();
  const load = new Load(8, () => app.rows('slow', [1]));
  const startedAt = performance.now();
  const response = await app.single('loop', 3_600_000);
  const answeredMs = performance.now() - startedAt;
  expect(response.status).toBe(504);
  expect(await response.json()).toMatchObject({ errorCode: 'RUNNER_TIMEOUT' });
  expect(before.filter((pid) => isAlive(pid))).toHaveLength(2);
  await until(() => before.some((pid) => !isAlive(pid)), 2 * HANG_MS);
  const killedMs = performance.now() - startedAt;
  await app.untilWorkers(2);
  const backMs = performance.now() - startedAt;
  await load.stop();
  console.info(
    `504 after ${answeredMs.toFixed(0)} ms (bound ${TIMEOUT_MS + 100}), killed after ` +
      `${killedMs.toFixed(0)} ms (hangTimeoutMs ${HANG_MS}), two workers after ${backMs.toFixed(0)} ms`,
  );
  expect(load.unanswered).toEqual([]);
  expect([...load.statuses.keys()]).toEqual([200]);
  expect(answeredMs).toBeGreaterThanOrEqual(TIMEOUT_MS);
  // The bound itself is asserted below, where another attempt costs no worker.
  expect(answeredMs).toBeLessThan(HANG_MS);
  expect(killedMs).toBeGreaterThanOrEqual(HANG_MS);
  const after = await app.readyPids();
  expect(after.filter((pid) => before.includes(pid))).toHaveLength(1);
  expect((await app.status()).restarts).toBe(1);
});

it('a hang is named in the log', () => {
  expect(app.log).toContainEqual(expect.stringMatching(/"loop" hung.*killed \(SIGKILL\)/));
});

it('a call that overruns its own deadline, and no more, costs no worker', async () => {
  const before = await app.readyPids();
  await meetBounds(async () => {
    const startedAt = performance.now();
    const response = await app.single('loop', 800);
    const value = performance.now() - startedAt;
    expect(response.status).toBe(504);
    await until(async () => (await app.status()).pending === 0, 5000);
    return [{ name: '504 after ms', value, atLeast: TIMEOUT_MS - 1, atMost: TIMEOUT_MS + 100 }];
  });
  expect(await app.readyPids()).toEqual(before);
});
