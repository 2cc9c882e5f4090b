import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ScrapedMetrics } from './scraped-metrics.js';
import { ServedApp, until } from './served-app.js';

const API_PROCESSES = 2;

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({
    entry: 'dist/test/fixtures/metrics-app/main.js',
    env: { BENTONEST__SERVER__WORKERS: String(API_PROCESSES) },
  });
  await until(() => app.output.includes('API processes serve'), 40_000);
});

afterAll(async () => {
  for (const client of clients.splice(0)) client.end();
  await app.end();
});

const clients: Client[] = [];

/** A connection that is kept, and so one API process. */
class Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  private constructor(public pid = 0) {}

  static async connect(): Promise<Client> {
    const client = new Client();
    clients.push(client);
    const answer = JSON.parse(await client.send('/pid', {})) as { readonly pid: number };
    client.pid = answer.pid;
    return client;
  }

  /** One client of each process. */
  static async ofEach(): Promise<Client[]> {
    const byPid = new Map<number, Client>();
    await until(async () => {
      const client = await Client.connect();
      byPid.set(client.pid, client);
      return byPid.size === API_PROCESSES;
    }, 10_000);
    return [...byPid.values()];
  }

  end(): void {
    this.agent.destroy();
  }

  async send(path: string, body: unknown, headers: Record<string, string> = {}): Promise<string> {
    const sent = request(app.url + path, {
      method: body === undefined ? 'GET' : 'POST',
      agent: this.agent,
      headers: { 'content-type': 'application/json', ...headers },
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    return text(answer);
  }

  async scrape(accept = 'text/plain'): Promise<ScrapedMetrics> {
    return new ScrapedMetrics(await this.send('/metrics', undefined, { accept }));
  }
}

const OF_METER = 'service_name="meter",service_version="3"';
const MULTIPLIED = `bentoml_api_server_request_total{endpoint="/multiply",http_response_code="200",${OF_METER}}`;

it('whichever process is asked answers the sum over all', async () => {
  const of = await Client.ofEach();
  for (const [at, client] of of.entries()) {
    for (let i = 0; i <= at; i++) expect(await client.send('/multiply', [1, 2])).toBe('[3,6]');
  }
  for (const client of of) {
    const metrics = await client.scrape();
    expect(metrics.get(MULTIPLIED)).toBe(3);
    expect(
      metrics.get(
        `bentoml_api_server_request_duration_seconds_bucket{endpoint="/multiply",http_response_code="200",${OF_METER},le="+Inf"}`,
      ),
    ).toBe(3);
    const multiply = 'runner_name="arithmetic",endpoint="multiply",http_response_code="200"';
    expect(metrics.get(`bentoml_runner_request_total{${multiply}}`)).toBe(3);
    const rows = '{runner_name="arithmetic",method_name="multiply"}';
    expect(metrics.get(`bentoml_runner_adaptive_batch_size_sum${rows}`)).toBe(6);
  }
});

it("a user's own metrics are beside them: summed, or as their aggregator says", async () => {
  const [client] = await Client.ofEach();
  const metrics = await client.scrape();
  expect(metrics.get('predictions_total{label="a"}')).toBe(3);
  expect(metrics.get('cached_items')).toBe(3);
  expect(metrics.get('model_age_seconds')).toBe(7);
  expect([metrics.get('score_bucket{le="0.5"}'), metrics.get('score_sum')]).toEqual([3, 0.75]);
  expect([metrics.get('width_count'), metrics.get('width_sum')]).toEqual([3, 6]);
  expect(metrics.matching(/quantile/)).toEqual([]);
});

it('what all processes see of the same workers is not multiplied, and what each has is summed', async () => {
  const of = await Client.ofEach();
  const held = of.map((client) => client.send('/hold', 1000));
  const other = await Client.connect();
  const inProgress = `bentoml_api_server_request_in_progress{endpoint="/hold",${OF_METER}}`;
  await until(async () => (await other.scrape()).get(inProgress) === of.length, 900);
  const metrics = await other.scrape();
  expect(metrics.get('bentonest_runner_workers{runner_name="arithmetic"}')).toBe(1);
  expect(metrics.get('bentonest_runner_worker_restarts{runner_name="arithmetic"}')).toBe(0);
  await Promise.all(held);
  expect((await other.scrape()).get(inProgress)).toBe(0);
});

it("each process's memory and CPU are its own", async () => {
  const [client] = await Client.ofEach();
  const metrics = await client.scrape();
  const names = ['1', '2', 'primary'];
  for (const metric of ['process_resident_memory_bytes', 'process_cpu_seconds_total']) {
    const series = names.map((process) => metrics.get(`${metric}{process="${process}"}`) ?? 0);
    expect(series.every((value) => value > 0)).toBe(true);
  }
  expect(metrics.matching(/^nodejs_eventloop_lag_p99_seconds/)).toHaveLength(names.length);
});

it('a trace that was sampled is an exemplar, whichever process had it, to whom accepts OpenMetrics', async () => {
  const [first, second] = await Client.ofEach();
  const trace = (digit: string): string => digit.repeat(32);
  await first.send('/hold', 20, { traceparent: `00-${trace('a')}-${'1'.repeat(16)}-01` });
  await second.send('/hold', 20, { traceparent: `00-${trace('b')}-${'1'.repeat(16)}-00` });
  const accept = 'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5';
  const open = (await second.scrape(accept)).text;
  const line = open.split('\n').find((each) => each.includes(trace('a')));
  expect(line).toMatch(
    /^bentoml_api_server_request_duration_seconds_bucket\{endpoint="\/hold".*le="0\.1"\} \d+ # \{trace_id="a{32}"\} 0\.0\d+ \d+\.\d+$/,
  );
  expect(open).not.toContain(trace('b'));
  expect((await second.scrape()).text).not.toContain('trace_id');
});

it('a process that is silent does not keep a scrape waiting, and counts with what it told', async () => {
  const [asked, blocked] = await Client.ofEach();
  await asked.scrape();
  const answer = blocked.send('/block', 2500);
  await sleep(100);
  const startedAt = performance.now();
  const metrics = await asked.scrape();
  const ms = performance.now() - startedAt;
  console.info(`scraped in ${ms.toFixed(0)} ms beside a process that blocks (bound 2000)`);
  expect(metrics.get(MULTIPLIED)).toBe(3);
  expect(ms).toBeLessThan(2000);
  await answer;
});

it('a process that is killed leaves its counts, also those that nobody had asked for', async () => {
  const of = await Client.ofEach();
  for (const client of of) await client.send('/multiply', [1]);
  // What it counted it tells once a second.
  await sleep(1500);
  const [victim, ...others] = of;
  process.kill(victim.pid, 'SIGKILL');
  victim.end();
  await until(() => app.output.includes('is replaced'), 5000);
  for (const client of others) expect((await client.scrape()).get(MULTIPLIED)).toBe(5);
  const all = await Client.ofEach();
  for (const client of all) await client.send('/multiply', [1]);
  for (const client of all) expect((await client.scrape()).get(MULTIPLIED)).toBe(7);
});
