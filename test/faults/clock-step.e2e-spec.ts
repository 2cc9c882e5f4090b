import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FaultApp } from './fault-app.js';
import { Load } from './load.js';

const HOUR_MS = 3_600_000;
const TIMEOUT_MS = 1500;
const PRELOAD = fileURLToPath(new URL('../fixtures/stepped-clock/preload.mjs', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'clock-'));
const file = join(folder, 'offset');
let app: FaultApp;

/** From now on the clock of the server and its workers is so far from the true one. */
const step = (offsetMs: number): void => writeFileSync(file, String(offsetMs));

beforeAll(async () => {
  step(0);
  const env = { NODE_OPTIONS: `--import ${PRELOAD}`, CLOCK_STEP_FILE: file };
  const runner = { timeoutMs: TIMEOUT_MS, hangTimeoutMs: 60_000, maxBatchSize: 4 };
  app = await FaultApp.start({ runner, faults: { batchMs: 50 } }, env);
});

afterAll(async () => {
  await app.end();
  rmSync(folder, { recursive: true });
});

it.each([
  ['forward', HOUR_MS],
  ['back', -HOUR_MS],
])('the wall clock steps an hour %s under load: no call is lost', async (_, offsetMs) => {
  step(0);
  const load = new Load(8, () => app.rows('slow', [1]));
  await new Promise((resolve) => setTimeout(resolve, 300));
  step(offsetMs);
  await new Promise((resolve) => setTimeout(resolve, 700));
  await load.stop();
  const answers = [...load.statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
  console.info(`${answers} (bound: 200 only)`);
  expect([...load.statuses.keys()]).toEqual([200]);
  expect(load.unanswered).toEqual([]);
});

it.each([
  ['forward', HOUR_MS],
  ['back', -HOUR_MS],
])(
  'a worker that starts after a step %s serves the server that started before',
  async (_, offsetMs) => {
    step(offsetMs);
    const [old = 0] = await app.readyPids();
    process.kill(old, 'SIGKILL');
    await app.untilWorkers(1);
    expect((await app.rows('slow', [1])).status).toBe(200);
    const startedAt = performance.now();
    expect((await app.single('loop', 2 * TIMEOUT_MS)).status).toBe(504);
    const ms = performance.now() - startedAt;
    console.info(`504 after ${ms.toFixed(0)} ms (timeoutMs ${TIMEOUT_MS})`);
    expect(ms).toBeGreaterThanOrEqual(TIMEOUT_MS - 50);
    expect(ms).toBeLessThan(2 * TIMEOUT_MS);
  },
);
