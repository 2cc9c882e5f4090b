import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ScrapedMetrics } from '../e2e/scraped-metrics.js';
import { until } from '../e2e/served-app.js';
import { AMBIGUOUS_HOSTS, sendRaw, statuses } from '../e2e/smuggled-requests.js';
import { FaultApp } from './fault-app.js';

/** Time enough for three requests while one runs. */
const BATCH_MS = 400;
const ORIGIN = 'https://app.example.com';

let app: FaultApp;

beforeAll(async () => {
  const runner = { maxBatchSize: 1, maxQueue: 1, timeoutMs: 5000 };
  app = await FaultApp.start(
    { runner, faults: { batchMs: BATCH_MS } },
    {
      BENTONEST__CORS__ORIGINS: ORIGIN,
      BENTONEST__SERVER__BODY_LIMIT_BYTES: '1000',
      BENTONEST__SERVICES__FAULT_SERVICE__APIS__SINGLE__TIMEOUT_MS: '300',
      BENTONEST__SERVICES__FAULT_SERVICE__APIS__SINGLE__MAX_CONCURRENCY: '1',
    },
  );
});

afterAll(() => app.end());

const call = (path: string, body: unknown): Promise<Response> =>
  app.served.post(path, JSON.stringify(body), { origin: ORIGIN });
const rows = (): Promise<Response> => call('/rows', { method: 'slow', rows: [1] });

/** How often the metric has it. */
async function counted(endpoint: string, status: number): Promise<number> {
  const metrics = await (await app.served.get('/metrics')).text();
  const line = metrics
    .split('\n')
    .find((each) =>
      each.startsWith(
        `bentoml_api_server_request_total{endpoint="${endpoint}",http_response_code="${status}"`,
      ),
    );
  return Number(line?.split(' ').at(-1) ?? 0);
}

interface Seen {
  readonly status: number;
  readonly code: unknown;
  /** Who may read it. */
  readonly origin: string | null;
  /** Of the access log. */
  readonly line: string;
  readonly isCounted: boolean;
}

/** What the client is told, and what those who run the server see of it, twice. */
async function seen(answer: Response): Promise<Seen> {
  const { errorCode: code, requestId } = (await answer.json()) as Record<string, unknown>;
  const find = () =>
    app.served.records.find((each) => each.context === 'Access' && each.requestId === requestId);
  await until(() => find() !== undefined, 2000);
  const line = find();
  const { status, headers } = answer;
  return {
    status,
    code,
    origin: headers.get('access-control-allow-origin'),
    line: `${String(line?.method)} ${String(line?.route)} ${String(line?.status)}`,
    isCounted: (await counted(String(line?.route), status)) > 0,
  };
}

const refusal = (status: number, code: string, route: string): Seen => ({
  status,
  code,
  origin: ORIGIN,
  line: `POST ${route} ${status}`,
  isCounted: true,
});

it('404: the endpoint is none', async () => {
  expect(await seen(await call('/nothing', 1))).toEqual(refusal(404, 'NOT_FOUND', ''));
});

it.each(AMBIGUOUS_HOSTS)('400 of a host that two might read in two ways: %s', async (_, lines) => {
  const body = JSON.stringify({ method: 'slow', rows: [1] });
  const head = ['POST /rows HTTP/1.1', ...lines, `Origin: ${ORIGIN}`, 'Connection: close'];
  const raw = [...head, 'Content-Type: application/json', `Content-Length: ${body.length}`, '', body]; // prettier-ignore
  const received = await sendRaw(app.served.url, raw.join('\r\n'));
  expect(statuses(received)).toEqual(['400']);
  const origin = /^access-control-allow-origin: (.*)\r$/im.exec(received)?.[1] ?? '';
  const answer = new Response(received.slice(received.indexOf('\r\n\r\n')), {
    status: 400,
    headers: { 'access-control-allow-origin': origin },
  });
  expect(await seen(answer)).toEqual(refusal(400, 'INVALID_HOST', '/rows'));
});

it('413: of the endpoint', async () => {
  expect(await seen(await call('/rows', 'x'.repeat(1000)))).toEqual(
    refusal(413, 'BODY_TOO_LARGE', '/rows'),
  );
});

it('504 of the method, and 429 while its place is held', async () => {
  const late = call('/single', { method: 'loop', argument: 1000 });
  await sleep(100);
  expect(await seen(await call('/single', { method: 'loop' }))).toEqual(
    refusal(429, 'TOO_MANY_REQUESTS', '/single'),
  );
  expect(await seen(await late)).toEqual(refusal(504, 'API_TIMEOUT', '/single'));
  await until(async () => (await rows()).status === 200, 5000);
});

it('503 of what the dispatcher refuses, with the time to try again', async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, rows));
  const refused = answers.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThan(0);
  expect(Number(refused[0].headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(await seen(refused[0])).toEqual(refusal(503, 'RUNNER_OVERLOADED', '/rows'));
  await until(async () => (await counted('/rows', 503)) === refused.length, 2000);
});

/** Calls of `slow` that the runner did not run to their end, by the reason. */
async function lostCalls(): Promise<Record<string, number>> {
  const metrics = new ScrapedMetrics(await (await app.served.get('/metrics')).text());
  const name = 'bentonest_runner_lost_calls_total{runner_name="faults",method_name="slow",reason=';
  return Object.fromEntries(
    ['queue_full', 'deadline', 'unavailable', 'timeout', 'aborted'].map((reason) => [
      reason,
      metrics.get(`${name}"${reason}"}`) ?? Number.NaN,
    ]),
  );
}

it('the calls that a runner refuses or gives up are counted by the reason', async () => {
  // So many batches are seen before a deadline is known to be missed: each row is one.
  expect((await app.rows('slow', [1, 2, 3, 4, 5, 6, 7, 8])).status).toBe(200);
  const before = await lostCalls();
  const slow = (client: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<Response> =>
    app.rows('slow', [1], { options: { timeoutMs: client.timeoutMs }, signal: client.signal });
  const running = slow();
  await until(async () => (await app.status()).pending === 1, BATCH_MS);
  expect((await slow({ timeoutMs: 100 })).status).toBe(503);
  const client = new AbortController();
  const waiting = slow({ signal: client.signal });
  await until(async () => (await app.status()).waiting === 1, BATCH_MS);
  expect((await slow()).status).toBe(503);
  client.abort();
  await expect(waiting).rejects.toThrow('aborted');
  expect((await running).status).toBe(200);
  expect((await slow({ timeoutMs: 100 })).status).toBe(504);
  // It is given up, and runs on.
  await until(async () => (await app.status()).pending === 0, 5000);
  const after = await lostCalls();
  const more = Object.entries(after).map(([reason, count]) => [reason, count - before[reason]]);
  expect(Object.fromEntries(more)).toEqual({
    queue_full: 1,
    deadline: 1,
    unavailable: 0,
    timeout: 1,
    aborted: 1,
  });
});

it('503 of a call whose worker dies, and while there is none', async () => {
  app.setLoads(false);
  const [worker = 0] = await app.readyPids();
  const lost = rows();
  await sleep(100);
  process.kill(worker, 'SIGKILL');
  expect(await seen(await lost)).toEqual(refusal(503, 'RUNNER_WORKER_LOST', '/rows'));
  const found: Response[] = [];
  await until(async () => {
    const answer = await rows();
    found.push(answer);
    const { errorCode } = (await answer.clone().json()) as { errorCode: string };
    return errorCode === 'RUNNER_UNAVAILABLE';
  }, 20_000);
  expect(await seen(found.at(-1) as Response)).toEqual(refusal(503, 'RUNNER_UNAVAILABLE', '/rows'));
  expect((await lostCalls()).unavailable).toBe(1);
}, 30_000);
