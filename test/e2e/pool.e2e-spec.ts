import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { childPids } from '../faults/child-processes.js';
import { FaultApp } from '../faults/fault-app.js';
import { Load } from '../faults/load.js';
import type { FaultAppOptions } from '../fixtures/fault-app/main.js';
import { isAlive, until } from './served-app.js';

let app: FaultApp;

/** A server of this test's own. */
async function start(options?: FaultAppOptions): Promise<void> {
  const started = (app = await FaultApp.start(options));
  onTestFinished(() => started.end());
}

/** Runs `change` under load, which must not lose a call by it. */
async function underLoad(change: () => Promise<void>): Promise<void> {
  const load = new Load(12, () => app.rows('slow', [1]));
  await sleep(200);
  await change();
  await sleep(200);
  await load.stop();
  console.info(`${load.statuses.get(200)} calls of 200, none of another status (bound 0 lost)`);
  expect(load.unanswered).toEqual([]);
  expect([...load.statuses.keys()]).toEqual([200]);
}

const allGone = (pids: readonly number[]): boolean => !pids.some((pid) => isAlive(pid));

describe('a pool of two workers', () => {
  let restarts: number;

  beforeAll(async () => {
    const runner = { workers: 2, maxBatchSize: 4 };
    app = await FaultApp.start({ runner, faults: { batchMs: 50 } });
  });

  afterAll(() => app.end());

  beforeEach(async () => {
    await app.served.post('/scale', '2');
    await app.untilWorkers(2);
    ({ restarts } = await app.status());
  });

  it('reloads under load without losing a call: all workers are new, the old ones gone', async () => {
    const before = await app.readyPids();
    await underLoad(async () => {
      const response = await app.served.post('/reload', { runner: 'faults' });
      expect(response.status).toBe(200);
    });
    const after = await app.readyPids();
    expect(after).toHaveLength(2);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    expect(allGone(before)).toBe(true);
    expect(new Set(childPids(app.pid))).toEqual(new Set(after));
    expect((await app.status()).restarts).toBe(restarts);
  });

  it('is scaled up and down under load without losing a call', async () => {
    await underLoad(async () => {
      for (const workers of [4, 1, 3]) {
        expect((await app.served.post('/scale', workers as never)).status).toBe(200);
        expect(await app.readyPids()).toHaveLength(workers);
        await until(() => childPids(app.pid).length === workers, 2000);
      }
    });
    const before = await app.readyPids();
    app.setLoads(false);
    const failed = await app.served.post('/scale', '5');
    expect(failed.status).toBe(503);
    expect(await failed.json()).toMatchObject({ errorCode: 'RUNNER_START_FAILED' });
    // The number is as it was, and so are the workers.
    await until(() => childPids(app.pid).length === before.length, 2000);
    expect(await app.readyPids()).toEqual(before);
    app.setLoads(true);
    expect((await app.served.post('/reload', { runner: 'faults' })).status).toBe(200);
    expect(await app.readyPids()).toHaveLength(before.length);
    const refused = await app.served.post('/scale', '0');
    expect(refused.status).toBe(500);
    expect(await refused.json()).toMatchObject({ errorCode: 'INVALID_RUNNER_OPTIONS' });
  }, 90_000);

  it('tries calls of an idempotent method once more when their worker dies, and no others', async () => {
    const file = app.file('died');
    const retried = await app.single('dieUnlessIdempotent', file);
    expect(retried.status).toBe(200);
    expect(await retried.json()).not.toBe(Number(readFileSync(file, 'utf8')));
    await app.untilWorkers(2);
    expect((await app.status()).restarts).toBe(restarts + 1);
    expect((await app.single('dieUnless', app.file('other'))).status).toBe(503);
    await app.untilWorkers(2);
    expect((await app.single('dieUnlessIdempotent', '')).status).toBe(503);
    // The answer may come before the process's end is told.
    await until(async () => (await app.status()).restarts === restarts + 4, 2000);
    await app.untilWorkers(2);
    expect((await app.status()).restarts).toBe(restarts + 4);
  });

  it('reloads while a worker dies, and has its number of workers again', async () => {
    const [victim = 0] = await app.readyPids();
    process.kill(victim, 'SIGKILL');
    await sleep(150);
    expect((await app.served.post('/reload', { runner: 'faults' })).status).toBe(200);
    await until(() => childPids(app.pid).length === 2, 3000);
    expect(await app.readyPids()).toHaveLength(2);
    expect(await (await app.rows('echo', [1])).json()).toEqual([1]);
  });
});

describe('a pool of workers', () => {
  it('takes changes that come at once one after the other', async () => {
    await start({ runner: { workers: 2 }, faults: { loadMs: 200, batchMs: 50 } });
    await underLoad(async () => {
      const changes = await Promise.all([
        app.served.post('/reload', { runner: 'faults' }),
        app.served.post('/scale', '3'),
        app.served.post('/reload', { runner: 'faults' }),
        app.served.post('/scale', '1'),
      ]);
      expect(changes.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    });
    expect(await app.readyPids()).toHaveLength(1);
    expect(childPids(app.pid)).toHaveLength(1);
    expect((await app.status()).restarts).toBe(0);
  });

  it('is scaled down while a dead worker is being replaced', async () => {
    await start({ runner: { workers: 2 }, faults: { loadMs: 800 } });
    const [victim = 0, survivor = 0] = await app.readyPids();
    process.kill(victim, 'SIGKILL');
    await until(() => childPids(app.pid).some((pid) => ![victim, survivor].includes(pid)), 2000);
    expect((await app.served.post('/scale', '1')).status).toBe(200);
    await until(async () => (await app.status()).workers.length === 1, 5000);
    expect(await app.readyPids()).toEqual([survivor]);
    expect(childPids(app.pid)).toEqual([survivor]);
  });

  it('does not count against the Runnable what a reload took away', async () => {
    await start({ faults: { loadMs: 300 } });
    for (let round = 0; round < 4; round++) {
      const [victim] = (await (await app.rows('pids', [1])).json()) as [number];
      const loads = app.journal('load').length;
      process.kill(victim, 'SIGKILL');
      await until(() => app.journal('load').length > loads, 5000);
      expect((await app.served.post('/reload', { runner: 'faults' })).status).toBe(200);
    }
    const [last] = (await (await app.rows('pids', [1])).json()) as [number];
    const loads = app.journal('load').length;
    app.setLoads(false);
    process.kill(last, 'SIGKILL');
    await until(async () => (await app.status()).state === 'failed', 40_000);
    expect(app.journal('load').length - loads).toBe(5);
  }, 90_000);

  it('follows the load between workers.min and workers.max', async () => {
    const workers = { min: 1, max: 3, idleMs: 500 };
    await start({ runner: { workers, maxBatchSize: 2 }, faults: { batchMs: 50 } });
    await underLoad(async () => {
      const upMs = await app.untilWorkers(3, 15_000);
      console.info(`3 workers after ${upMs.toFixed(0)} ms of load`);
    });
    const downMs = await app.untilWorkers(1, 10_000);
    console.info(`1 worker after ${downMs.toFixed(0)} ms without load (idleMs ${workers.idleMs})`);
    await until(() => childPids(app.pid).length === 1, 2000);
    expect((await app.status()).restarts).toBe(0);
  });

  it('replaces a worker after maxCalls calls without losing one', async () => {
    await start({ runner: { maxCalls: 100 }, faults: { batchMs: 50 } });
    const [first = 0] = await app.readyPids();
    await underLoad(async () => {
      await until(async () => !(await app.readyPids()).includes(first), 10_000);
    });
    expect((await app.status()).restarts).toBe(0);
    expect(isAlive(first)).toBe(false);
  });

  it('replaces a worker above maxRssMb without losing a call, on the same GPU', async () => {
    const runner = { workers: 2, maxRssMb: 300, gpus: [3, [0, 1]] };
    await start({ runner, faults: { batchMs: 50 } });
    expect(await devicesByPid(2)).toEqual(['0,1', '3']);
    const before = await app.readyPids();
    await underLoad(async () => {
      expect((await app.single('leak', 300)).status).toBe(200);
      const isReplaced = async (): Promise<boolean> => {
        const pids = await app.readyPids();
        return pids.length === 2 && before.some((pid) => !pids.includes(pid));
      };
      await until(isReplaced, 10_000);
    });
    const after = await app.readyPids();
    expect(after.filter((pid) => before.includes(pid))).toHaveLength(1);
    expect(await devicesByPid(2)).toEqual(['0,1', '3']);
    expect((await app.status()).restarts).toBe(0);
  });
});

/** What CUDA_VISIBLE_DEVICES is in each of so many workers, sorted. */
async function devicesByPid(workers: number): Promise<string[]> {
  const devices = new Map<number, string>();
  await until(async () => {
    const answers = Array.from({ length: workers }, () => app.single('environment'));
    for (const answer of await Promise.all(answers)) {
      const seen = (await answer.json()) as { pid: number; devices: string };
      devices.set(seen.pid, seen.devices);
    }
    return devices.size === workers;
  }, 5000);
  return [...devices.values()].toSorted();
}

describe('calls', () => {
  it('of a higher priority are taken first, among equals in their order', async () => {
    await start({ runner: { maxBatchSize: 1 }, faults: { batchMs: 60 } });
    const calls: Promise<Response>[] = [];
    for (const [row, priority] of Object.entries([0, 0, 0, 1, 1, 7]).map(([i, p]) => [+i, p])) {
      calls.push(app.rows('slow', [row], { options: { priority } }));
      await until(async () => (await app.status()).pending === row + 1, 1000);
    }
    for (const call of calls) expect((await call).status).toBe(200);
    expect(app.journal('run')).toEqual(['0', '5', '3', '4', '1', '2']);
  });
});
