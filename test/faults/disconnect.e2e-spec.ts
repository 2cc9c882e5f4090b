import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import type { ClientRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../e2e/served-app.js';
import { meetBounds } from './bounds.js';
import { FaultApp, residentMb } from './fault-app.js';

const DISCONNECTS = 1000;
const WAVE = 50;

let app: FaultApp;

beforeAll(async () => {
  // With two in flight a batch is in the worker before it begins.
  const runner = { maxBatchSize: 2, batchesInFlight: 2 };
  app = await FaultApp.start({ runner, faults: { batchMs: 300 } });
});

afterAll(() => app.end());

/** A call on a connection of its own, which its client may close. */
class Leaver {
  readonly outcome: Promise<number | 'left'>;
  private readonly request: ClientRequest;

  constructor(...rows: number[]) {
    const headers = { 'content-type': 'application/json' };
    this.request = request(`${app.served.url}/rows`, { agent: false, method: 'POST', headers });
    this.outcome = new Promise((resolve) => {
      this.request.on('response', (response) => resolve(response.resume().statusCode ?? 0));
      this.request.on('error', () => resolve('left'));
    });
    this.request.end(JSON.stringify({ method: 'slow', rows }));
  }

  leave(): void {
    this.request.destroy();
  }
}

const untilPending = (pending: number): Promise<number> =>
  until(async () => (await app.status()).pending === pending, 2000);

/** Calls that ended because their client left, by the server's own metrics. */
async function abortedCalls(): Promise<number> {
  const metrics = await (await app.served.get('/metrics')).text();
  const samples =
    /^bentonest_runner_lost_calls_total\{runner_name="faults",method_name="\w+",reason="aborted"\} (\d+)/gm;
  const counts = [...metrics.matchAll(samples)].map(([, count]) => Number(count));
  return counts.reduce((sum, count) => sum + count);
}

/** Rows that were run, since the last time it was asked. */
let seen = 0;
function newlyRun(): string[] {
  const runs = app.journal('run');
  const fresh = runs.slice(seen);
  seen = runs.length;
  return fresh;
}

/** Calls of two rows each, a batch each: one runs, one is in the worker, the others are queued. */
async function fill(count: number): Promise<Leaver[]> {
  const calls: Leaver[] = [];
  for (let i = 1; i <= count; i++) {
    calls.push(new Leaver(i, i));
    await untilPending(i);
  }
  return calls;
}

it('a queued call whose client left is never executed, and its place is free', async () => {
  await meetBounds(async () => {
    const calls = await fill(4);
    expect((await app.status()).waiting).toBe(2);
    const leftAt = performance.now();
    calls[2].leave();
    await until(async () => (await app.status()).waiting === 1, 2000);
    const value = performance.now() - leftAt;
    expect(await Promise.all(calls.map(({ outcome }) => outcome))).toEqual([200, 200, 'left', 200]);
    expect(newlyRun()).toEqual(['1 1', '2 2', '4 4']);
    return [{ name: 'the place of a queued call was free after ms', value, atMost: 100 }];
  });
});

it('a batch that is in the worker and has not begun is skipped when all its clients left', async () => {
  const calls = await fill(3);
  calls[1].leave();
  expect(await Promise.all(calls.map(({ outcome }) => outcome))).toEqual([200, 'left', 200]);
  await untilPending(0);
  expect(newlyRun()).toEqual(['1 1', '3 3']);
});

it('a client that leaves a batch takes nobody with it', async () => {
  const [first, second] = await fill(2);
  const stays = new Leaver(7);
  const leaves = new Leaver(8);
  await untilPending(4);
  // Both batches before are done; the third, of the two, runs.
  await Promise.all([first.outcome, second.outcome]);
  await untilPending(2);
  leaves.leave();
  expect(await stays.outcome).toBe(200);
  expect(await leaves.outcome).toBe('left');
  await untilPending(0);
  expect(newlyRun().at(-1)).toMatch(/^(7 8|8 7)$/);
});

it('1,000 disconnects: nothing stays behind', async () => {
  const descriptors = (): number => readdirSync(`/proc/${app.pid}/fd`).length;
  await app.rows('slow', [0]);
  newlyRun();
  await meetBounds(async () => {
    const [openBefore, mbBefore] = [descriptors(), residentMb(app.pid)];
    const abortedBefore = await abortedCalls();
    for (let left = 0; left < DISCONNECTS; left += WAVE) {
      const calls = Array.from({ length: WAVE }, () => new Leaver(1000));
      await sleep(40 + 20 * Math.random());
      for (const call of calls) call.leave();
      await Promise.all(calls.map(({ outcome }) => outcome));
    }
    const emptyMs = await untilPending(0);
    await until(() => descriptors() <= openBefore + 5, 2000);
    const aborted = (await abortedCalls()) - abortedBefore;
    const rows = newlyRun().flatMap((run) => run.split(' ')).length;
    console.info(`nothing pending ${emptyMs.toFixed(0)} ms after the last`);
    return [
      // Nearly all had come as far as the queue, and nearly none was run.
      { name: 'calls aborted', value: aborted, atLeast: 0.7 * DISCONNECTS, atMost: DISCONNECTS },
      { name: 'rows executed', value: rows, atMost: 0.2 * DISCONNECTS },
      { name: 'the server grew by MiB', value: residentMb(app.pid) - mbBefore, atMost: 32 },
    ];
  });
  expect((await app.status()).waiting).toBe(0);
  expect((await app.rows('slow', [1])).status).toBe(200);
  expect((await app.status()).restarts).toBe(0);
});
