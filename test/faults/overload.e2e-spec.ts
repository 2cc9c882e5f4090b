import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FaultApp, quantile, residentMb } from './fault-app.js';
import { Load } from './load.js';
import { openLoop } from './open-loop.js';

const BATCH_MS = 20;
const MAX_BATCH = 2;
const TIMEOUT_MS = 500;
const OVERLOAD_MS = 10_000;

let app: FaultApp;

beforeAll(async () => {
  const runner = { maxBatchSize: MAX_BATCH, timeoutMs: TIMEOUT_MS };
  app = await FaultApp.start({ runner, faults: { batchMs: BATCH_MS } });
});

afterAll(() => app.end());

/** Answers a second when clients ask for no more than it can. */
async function measureCapacity(): Promise<number> {
  const load = new Load(3 * MAX_BATCH, () => app.rows('slow', [1]));
  await sleep(500);
  const before = load.statuses.get(200) ?? 0;
  const startedAt = performance.now();
  await sleep(2000);
  const rate = ((load.statuses.get(200) ?? 0) - before) / (performance.now() - startedAt);
  await load.stop();
  return rate * 1000;
}

/** Asks for the health of the server, on connections of their own, as an orchestrator does. */
function probe() {
  const times: number[] = [];
  const statuses = new Set<number>();
  let isOn = true;
  const run = async (): Promise<void> => {
    while (isOn) {
      for (const path of ['/livez', '/readyz']) {
        const startedAt = performance.now();
        const answer = await app.served.get(path, { connection: 'close' });
        await answer.text();
        times.push(performance.now() - startedAt);
        statuses.add(answer.status);
      }
      await sleep(50);
    }
  };
  const running = run();
  const stop = async () => {
    isOn = false;
    await running;
    return { times, statuses };
  };
  return { stop };
}

it('10 × capacity for 10 s: what can be served is, the rest is told so at once', async () => {
  const capacity = await measureCapacity();
  const before = residentMb(app.pid);
  const probes = probe();
  const answers = await openLoop({
    url: `${app.served.url}/rows`,
    body: JSON.stringify({ method: 'slow', rows: [1] }),
    rate: 10 * capacity,
    durationMs: OVERLOAD_MS,
  });
  const growth = residentMb(app.pid) - before;
  const health = await probes.stop();
  const served = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 503);
  const late = answers.filter(({ status }) => status === 504);
  const goodput = served.length / (OVERLOAD_MS / 1000) / capacity;
  const times = served.map(({ ms }) => ms);
  const refusals = refused.map(({ ms }) => ms);
  console.info(
    `${answers.length} requests at 10 × ${capacity.toFixed(0)}/s: goodput ${(100 * goodput).toFixed(1)} % (bound 90); ` +
      `refused p50 ${quantile(refusals, 0.5).toFixed(1)} p99 ${quantile(refusals, 0.99).toFixed(1)} ms (bound 50); ` +
      `served p99 ${quantile(times, 0.99).toFixed(0)} ms (timeoutMs ${TIMEOUT_MS}); ${late.length} of 504; ` +
      `the server grew by ${growth.toFixed(1)} MiB (bound 100); ` +
      `health p50 ${quantile(health.times, 0.5).toFixed(1)} p99 ${quantile(health.times, 0.99).toFixed(1)} ms`,
  );
  expect(served.length + refused.length + late.length).toBe(answers.length);
  expect(refused.every(({ retryAfter }) => Number(retryAfter) >= 1)).toBe(true);
  expect(goodput).toBeGreaterThan(0.7);
  // The figure above is the one that counts; a machine that others use may take longer.
  expect(quantile(refusals, 0.5)).toBeLessThan(500);
  // A forecast that errs by much would let calls in only to time out.
  expect(late.length).toBeLessThan(served.length / 2);
  expect(growth).toBeLessThan(100);
  expect(health.times.length).toBeGreaterThan(20);
  expect(health.statuses).toEqual(new Set([200]));
  expect(quantile(health.times, 0.5)).toBeLessThan(200);
  expect((await app.status()).pending).toBe(0);
  expect((await app.rows('slow', [1])).status).toBe(200);
});
