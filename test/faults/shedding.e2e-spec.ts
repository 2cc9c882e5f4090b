import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServedApp, until as untilTrue } from '../e2e/served-app.js';
import { quantile } from './fault-app.js';

const BUSY_MS = 20;
const CLIENTS = 64;
const MAX_LAG_MS = 200;
const LOAD_MS = 5000;
const ORIGIN = { origin: 'https://example.com' };

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({
    entry: 'dist/test/fixtures/limits-app/main.js',
    env: { LIMITS_APP: JSON.stringify({ shedding: { maxEventLoopLagMs: MAX_LAG_MS } }) },
  });
});

afterAll(() => app.end());

interface Answer {
  readonly status: number;
  readonly ms: number;
}

/** Sends one request after the other until the time is over. */
async function clients(count: number, send: () => Promise<Response>): Promise<Answer[]> {
  const answers: Answer[] = [];
  const until = performance.now() + LOAD_MS;
  const one = async (): Promise<void> => {
    while (performance.now() < until) {
      const startedAt = performance.now();
      const answer = await send();
      await answer.text();
      answers.push({ status: answer.status, ms: performance.now() - startedAt });
      // As long as it is told to, a client would wait.
      if (answer.status === 503) await sleep(100);
    }
  };
  await Promise.all(Array.from({ length: count }, () => one()));
  return answers;
}

/**
 * Several ask, each after another pause: one alone may fall in step with the load, and come each time just
 * when it is over.
 */
async function firstRefusal(count: number): Promise<Response | undefined> {
  let refusal: Response | undefined;
  const until = performance.now() + LOAD_MS;
  const one = async (pauseMs: number): Promise<void> => {
    while (refusal === undefined && performance.now() < until) {
      const answer = await app.post('/open', '0', ORIGIN);
      if (answer.status === 503) refusal ??= answer;
      await sleep(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: count }, (_, index) => one(17 * (index + 1))));
  return refusal;
}

const times = (answers: readonly Answer[], status: number): number[] =>
  answers.filter((answer) => answer.status === status).map(({ ms }) => ms);

it('more than the event loop can do is refused; health, metrics and docs are not', async () => {
  const busy = clients(CLIENTS, () => app.post('/busy', String(BUSY_MS)));
  const mounted = clients(1, () => app.get('/legacy/1'));
  const probes = await Promise.all(
    ['/livez', '/readyz', '/metrics', '/docs.json'].map((path) => clients(1, () => app.get(path))),
  );
  const [answers, ofMount] = [await busy, await mounted];
  const served = times(answers, 200);
  const refused = times(answers, 503);
  console.info(
    `${served.length} served, p50 ${quantile(served, 0.5).toFixed(0)} ms (without: ${BUSY_MS * CLIENTS}); ` +
      `${refused.length} refused, p99 ${quantile(refused, 0.99).toFixed(0)} ms; ` +
      `goodput ${((100 * served.length * BUSY_MS) / LOAD_MS).toFixed(0)} % of the time; ` +
      `/readyz p99 ${quantile(times(probes[1], 200), 0.99).toFixed(0)} ms`,
  );
  expect(served.length + refused.length).toBe(answers.length);
  expect(refused.length).toBeGreaterThan(0);
  expect(times(ofMount, 503).length).toBeGreaterThan(0);
  expect(quantile(served, 0.5)).toBeLessThan(BUSY_MS * CLIENTS);
  expect(served.length * BUSY_MS).toBeGreaterThan(LOAD_MS / 5);
  for (const probe of probes) expect(times(probe, 200)).toHaveLength(probe.length);
});

it('a refusal says when to come back, and is readable across origins', async () => {
  const load = clients(CLIENTS, () => app.post('/busy', String(BUSY_MS)));
  const refusal = await firstRefusal(8);
  expect(await refusal?.json()).toMatchObject({ errorCode: 'SERVER_OVERLOADED', statusCode: 503 });
  expect(refusal?.headers.get('retry-after')).toBe('1');
  expect(refusal?.headers.get('access-control-allow-origin')).toBe(ORIGIN.origin);
  await untilTrue(() => /^request \/open 503$/m.test(app.output), 2000);
  await load;
  await untilTrue(async () => (await app.post('/open', '0')).status === 200, 5000);
});
