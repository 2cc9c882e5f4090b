import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServedApp, until } from './served-app.js';

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({ entry: 'dist/test/fixtures/runner-app/main.js' });
});

afterAll(async () => {
  await app.end();
});

async function readMetrics(): Promise<Map<string, number>> {
  const text = await (await app.get('/metrics')).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

it('counts calls, batches in rows, queue time, lost calls, and tells what was learned', async () => {
  // Different sizes, so that the fit tells the cost of a row from that of a batch.
  for (let i = 0; i < 12; i++) {
    const rows = Array.from({ length: 1 + (i % 3) }, (_, row) => row);
    expect((await app.post('/multiply', rows)).status).toBe(200);
  }
  expect((await app.post('/positive', [-1])).status).toBe(422);
  expect((await app.post('/sleep', '400')).status).toBe(504);

  const metrics = await readMetrics();
  const of = (name: string, labels: string): number | undefined =>
    metrics.get(`${name}{runner_name="arithmetic"${labels}}`);
  const ok = ',endpoint="multiply",http_response_code="200"';
  expect(of('bentoml_runner_request_total', ok)).toBe(12);
  expect(of('bentoml_runner_request_duration_seconds_count', ok)).toBe(12);
  const refused = ',endpoint="positive",http_response_code="422"';
  expect(of('bentoml_runner_request_total', refused)).toBe(1);
  const late = ',endpoint="sleep",http_response_code="504"';
  expect(of('bentoml_runner_request_total', late)).toBe(1);
  const timeout = ',method_name="sleep",reason="timeout"';
  expect(of('bentonest_runner_lost_calls_total', timeout)).toBe(1);

  const multiply = ',method_name="multiply"';
  expect(of('bentoml_runner_adaptive_batch_size_count', multiply)).toBe(12);
  expect(of('bentoml_runner_adaptive_batch_size_sum', multiply)).toBe(24);
  expect(of('bentonest_runner_queue_duration_seconds_count', multiply)).toBe(12);
  const a = of('bentonest_runner_latency_per_row_seconds', multiply) ?? -1;
  const b = of('bentonest_runner_latency_fixed_seconds', multiply) ?? -1;
  expect(a).toBeGreaterThanOrEqual(0);
  expect(a + b).toBeGreaterThan(0);
  expect(of('bentonest_runner_workers', '')).toBe(2);
  expect(of('bentonest_runner_queue_depth', multiply)).toBe(0);
  expect(of('bentonest_runner_worker_restarts', '')).toBe(0);
});

it('a worker that died and was replaced is a restart', async () => {
  expect((await app.post('/crash')).status).toBe(503);
  const restarts = 'bentonest_runner_worker_restarts{runner_name="arithmetic"}';
  // The caller is told when the connection ends, which is before the process has.
  await until(async () => (await readMetrics()).get(restarts) === 1, 10_000);
  await app.untilReady();
});

const sleeping = async (): Promise<number | undefined> => {
  const gauge = 'bentoml_runner_request_in_progress{runner_name="arithmetic",method_name="sleep"}';
  return (await readMetrics()).get(gauge);
};

it('what runs is in progress, also when its caller no longer waits', async () => {
  await until(async () => (await sleeping()) === 0, 2000);
  const running = app.post('/sleep', '400');
  await until(async () => (await sleeping()) === 1, 2000);
  expect((await running).status).toBe(504);
  expect(await sleeping()).toBe(1);
  await until(async () => (await sleeping()) === 0, 2000);
});

/** How many calls of each method and status have ended since then. */
async function endedSince(before: Map<string, number>): Promise<Record<string, number>> {
  const series =
    /^bentoml_runner_request_total\{runner_name="arithmetic",endpoint="(.*)",http_response_code="(.*)"\}$/;
  const counts: Record<string, number> = {};
  for (const [name, value] of await readMetrics()) {
    const [, method, status] = series.exec(name) ?? [];
    const count = value - (before.get(name) ?? 0);
    if (method !== undefined && count !== 0) counts[`${method} ${status}`] = count;
  }
  return counts;
}

/** Keeps both workers busy until `send` has sent; what it sends meanwhile shares a batch. */
async function whileBusy<T>(send: () => Promise<T>): Promise<T> {
  const busy = [app.post('/sleep', '400'), app.post('/sleep', '400')];
  await until(async () => (await sleeping()) === 2, 2000);
  const sent = await send();
  await Promise.all(busy);
  return sent;
}

it('each call is counted once, as its caller saw it end', async () => {
  await until(async () => (await sleeping()) === 0, 2000);
  const before = await readMetrics();
  const shared = await whileBusy(() =>
    Promise.all([1, 2, 3, -4].map((value) => app.post('/positive', [value]))),
  );
  expect(shared.map(({ status }) => status)).toEqual([200, 200, 200, 422]);

  // Of 20 rows in batches of at most 8.
  expect((await app.post('/multiply', [...Array(20).keys()])).status).toBe(200);
  // Ends after its caller was answered, and so is its batch.
  expect((await app.post('/sleep', '400')).status).toBe(504);
  await until(async () => (await sleeping()) === 0, 2000);
  const abort = new AbortController();
  const gone = fetch(`${app.url}/sleep`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '400',
    signal: abort.signal,
  }).catch(() => undefined);
  await until(async () => (await sleeping()) === 1, 2000);
  abort.abort();
  await gone;
  await until(async () => (await sleeping()) === 0, 2000);
  expect((await app.post('/swallow', [1])).status).toBe(500);
  expect((await app.post('/hidden')).status).toBe(500);

  const metrics = await readMetrics();
  const counts = await endedSince(before);
  const { 'sleep 499': aborted = 0, 'sleep 504': late = 0, ...others } = counts;
  expect(others).toEqual({
    'positive 200': 3,
    'positive 422': 1,
    'multiply 200': 1,
    'swallow 500': 1,
    'unknown 500': 1,
  });
  // On a busy machine the deadline of the one that is aborted may come first.
  expect(aborted + late).toBe(4);
  expect(late).toBeGreaterThanOrEqual(3);
  const rows = 'bentoml_runner_adaptive_batch_size_count{runner_name="arithmetic",method_name=';
  const batches = (method: string): number =>
    (metrics.get(`${rows}"${method}"}`) ?? 0) - (before.get(`${rows}"${method}"}`) ?? 0);
  // One of four, then each by itself; three of at most 8 rows.
  expect([batches('positive'), batches('multiply')]).toEqual([5, 3]);
});
