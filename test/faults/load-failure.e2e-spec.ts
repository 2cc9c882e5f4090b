import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { isAlive, until } from '../e2e/served-app.js';
import { meetBounds } from './bounds.js';
import { FaultApp } from './fault-app.js';

/** After five failures a load is tried again after this time. */
const RETRY_MS = 30_000;
const WATCHED_MS = 10_000;
/** Time enough to load while the other tests of this file do. */
const START_MS = 10_000;

/** Kills the worker and breaks the Runnable, so that no other worker loads. */
async function fail(app: FaultApp): Promise<number> {
  const pid = await servingPid(app);
  app.setLoads(false);
  process.kill(pid, 'SIGKILL');
  return untilFailed(app);
}

/** The only worker, which has answered a call: its death is no part of a crash loop. */
async function servingPid(app: FaultApp): Promise<number> {
  const [pid] = (await (await app.rows('pids', [1])).json()) as [number];
  return pid;
}

const untilFailed = (app: FaultApp): Promise<number> =>
  until(async () => (await app.status()).state === 'failed', 40_000);

// Concurrent, because one of them waits for half a minute.
describe.concurrent('a Runnable that cannot load again', () => {
  it('fails the runner, is not spawned in a loop, and serves when the cause is gone', async ({
    expect,
    onTestFinished,
  }) => {
    const app = await FaultApp.start();
    onTestFinished(() => app.end());
    const failedMs = await fail(app);
    const failedAt = performance.now();
    const loads = app.journal('load').length - 1;
    const readyz = await app.served.get('/readyz');
    expect(readyz.status).toBe(503);
    expect(await readyz.text()).toMatch(/Runner "faults" is failed: .*the weights are gone/);
    await meetBounds(async () => {
      const askedAt = performance.now();
      const refused = await app.rows('echo', [1]);
      const value = performance.now() - askedAt;
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({ errorCode: 'RUNNER_UNAVAILABLE' });
      return [{ name: 'refused after ms', value, atMost: 50 }];
    });
    expect((await app.served.get('/livez')).status).toBe(200);
    await sleep(WATCHED_MS);
    const spawned = app.journal('load').length - 1 - loads;
    app.setLoads(true);
    await app.served.untilReady(RETRY_MS);
    const backMs = performance.now() - failedAt;
    expect(await (await app.rows('echo', [1])).json()).toEqual([1]);
    console.info(
      `failed after ${loads} loads in ${failedMs.toFixed(0)} ms; ` +
        `${spawned} spawns in ${WATCHED_MS} ms (bound ${WATCHED_MS / 5000}); ` +
        `served again ${backMs.toFixed(0)} ms after it failed (retried each ${RETRY_MS})`,
    );
    expect(loads).toBe(5);
    expect(spawned).toBeLessThanOrEqual(WATCHED_MS / 5000);
  }, 90_000);

  it('fails the runner, too, when its workers die as soon as they are ready', async ({
    expect,
    onTestFinished,
  }) => {
    const app = await FaultApp.start();
    onTestFinished(() => app.end());
    const pid = await servingPid(app);
    app.setExits();
    process.kill(pid, 'SIGKILL');
    const failedMs = await untilFailed(app);
    const loads = app.journal('load').length - 1;
    const readyz = await app.served.get('/readyz');
    expect(readyz.status).toBe(503);
    expect(await readyz.text()).toMatch(
      /is failed: .*died when it was ready: it exited with code 3/,
    );
    expect((await app.rows('echo', [1])).status).toBe(503);
    await sleep(WATCHED_MS);
    const spawned = app.journal('load').length - 1 - loads;
    console.info(
      `failed after ${loads} workers that died when ready, in ${failedMs.toFixed(0)} ms; ` +
        `${spawned} spawns in ${WATCHED_MS} ms (bound ${WATCHED_MS / 5000})`,
    );
    expect(loads).toBe(5);
    expect((await app.status()).restarts).toBeGreaterThan(1);
    expect(spawned).toBeLessThanOrEqual(WATCHED_MS / 5000);
  }, 90_000);

  it('serves at once after a reload() by an operator who mended it', async ({
    expect,
    onTestFinished,
  }) => {
    const app = await FaultApp.start({ runner: { workers: 2 } });
    onTestFinished(() => app.end());
    for (const pid of await app.readyPids()) process.kill(pid, 'SIGKILL');
    app.setLoads(false);
    await until(async () => (await app.status()).state === 'failed', 40_000);
    const broken = await app.served.post('/reload', { runner: 'faults' });
    expect(broken.status).toBe(503);
    expect(await broken.json()).toMatchObject({ errorCode: 'RUNNER_START_FAILED' });
    expect((await app.served.get('/readyz')).status).toBe(503);
    app.setLoads(true);
    expect((await app.served.post('/reload', { runner: 'faults' })).status).toBe(200);
    expect((await app.served.get('/readyz')).status).toBe(200);
    expect(await (await app.rows('echo', [1])).json()).toEqual([1]);
    expect(await app.readyPids()).toHaveLength(2);
  }, 90_000);

  it('is killed after startTimeoutMs when it does not end; the old worker serves on', async ({
    expect,
    onTestFinished,
  }) => {
    const app = await FaultApp.start({ runner: { startTimeoutMs: START_MS } });
    onTestFinished(() => app.end());
    const serving = await app.readyPids();
    app.setStuck();
    const reload = app.served.post('/reload', { runner: 'faults' });
    await until(() => app.journal('load').length === 2, START_MS);
    const stuck = Number(app.journal('load')[1]);
    expect(isAlive(stuck)).toBe(true);
    const refused = await reload;
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({
      errorCode: 'RUNNER_START_FAILED',
      message: `Runner "faults" could not start: it was not ready within ${START_MS} ms (startTimeoutMs).`,
    });
    await until(() => !isAlive(stuck), 2000);
    expect(await app.readyPids()).toEqual(serving);
    expect(await (await app.rows('echo', [1])).json()).toEqual([1]);
  }, 90_000);
});
