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
  expect(of('bentonest_runner_lost_calls_total', ',reason="timeout"')).toBe(1);

  const multiply = ',method_name="multiply"';
  expect(of('bentoml_runner_adaptive_batch_size_count', multiply)).toBe(12);
  expect(of('bentoml_runner_adaptive_batch_size_sum', multiply)).toBe(24);
  expect(of('bentonest_runner_queue_duration_seconds_count', multiply)).toBe(12);
  const a = of('bentonest_runner_latency_per_row_seconds', multiply) ?? -1;
  const b = of('bentonest_runner_latency_fixed_seconds', multiply) ?? -1;
  expect(a).toBeGreaterThanOrEqual(0);
  expect(a + b).toBeGreaterThan(0);
  expect(of('bentonest_runner_workers', '')).toBe(2);
  expect(of('bentonest_runner_queue_depth', '')).toBe(0);
  expect(of('bentonest_runner_worker_restarts', '')).toBe(0);
});

it('a worker that died and was replaced is a restart', async () => {
  expect((await app.post('/crash')).status).toBe(503);
  await app.untilReady();
  const restarts = 'bentonest_runner_worker_restarts{runner_name="arithmetic"}';
  expect((await readMetrics()).get(restarts)).toBe(1);
});

it('what runs is in progress, also when its caller no longer waits', async () => {
  const gauge = 'bentoml_runner_request_in_progress{runner_name="arithmetic"}';
  const inProgress = async (): Promise<number | undefined> => (await readMetrics()).get(gauge);
  await until(async () => (await inProgress()) === 0, 2000);
  const running = app.post('/sleep', '400');
  await until(async () => (await inProgress()) === 1, 2000);
  expect((await running).status).toBe(504);
  expect(await inProgress()).toBe(1);
  await until(async () => (await inProgress()) === 0, 2000);
});
