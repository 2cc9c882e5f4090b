import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScrapedMetrics } from '../e2e/scraped-metrics.js';
import { ServedApp, until } from '../e2e/served-app.js';

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start({ entry: 'dist/test/fixtures/metrics-app/main.js' });
});

afterAll(() => app.end());

async function scrape(): Promise<ScrapedMetrics> {
  return new ScrapedMetrics(await (await app.get('/metrics')).text());
}

/** Sends requests one after the other, without waiting for answers, and resolves with how many had the status. */
async function pipeline(
  count: number,
  status: number,
  write: (index: number) => string,
): Promise<number> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  const requests = Array.from({ length: count }, (_, index) => write(index));
  socket.write(`${requests.join('')}GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
  const answers = (await text(socket)).split('HTTP/1.1 ').slice(1);
  return answers.filter((answer) => answer.startsWith(String(status))).length;
}

/** Series of label sets; a histogram has several lines for each. */
async function countSeries(): Promise<number> {
  return (await scrape()).matching(/_total\{/).length;
}

describe('what clients make up adds no series', () => {
  it('10,000 unknown paths', async () => {
    for (const known of ['/metrics', '/livez']) await app.get(known);
    const before = await countSeries();
    const unknownPath = (index: number) => `GET /${index}/none HTTP/1.1\r\nhost: a\r\n\r\n`;
    expect(await pipeline(10_000, 404, unknownPath)).toBe(10_000);
    const added = (await countSeries()) - before;
    console.info(`10,000 unknown paths added ${added} series (bound 1)`);
    expect(added).toBeLessThanOrEqual(1);
    const unknown =
      'bentoml_api_server_request_total{endpoint="",http_response_code="404",service_name="",service_version=""}';
    expect((await scrape()).get(unknown)).toBe(10_000);
  }, 60_000);

  it("10,000 unknown names of a model's methods", async () => {
    expect((await app.post('/call', '"nothing"')).status).toBe(500);
    const before = await countSeries();
    const unknownMethod = (index: number): string => {
      const head = `POST /call HTTP/1.1\r\nhost: a\r\ncontent-type: application/json`;
      const body = `"method${index}"`;
      return `${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    };
    expect(await pipeline(10_000, 500, unknownMethod)).toBe(10_000);
    const added = (await countSeries()) - before;
    console.info(`10,000 unknown method names added ${added} series (bound 1)`);
    expect(added).toBeLessThanOrEqual(1);
  }, 60_000);
});

const METER = { service_name: 'meter', service_version: '3' };
const NOBODY = { service_name: '', service_version: '' };

const totalOf = (endpoint: string, code: number, { service_name, service_version } = METER) =>
  `bentoml_api_server_request_total{endpoint="${endpoint}",http_response_code="${code}",service_name="${service_name}",service_version="${service_version}"}`;

/** What is sent, by a connection of its own. */
async function sendRaw(head: string, end: 'reads' | 'leaves' = 'reads'): Promise<void> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`${head}\r\n\r\n`);
  if (end === 'leaves') {
    await sleep(50);
    socket.destroy();
    return;
  }
  socket.resume();
  await once(socket, 'close');
}

const HEAD = 'HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json';

describe('a failure is counted as what its client saw', () => {
  const cases: [string, string, () => Promise<unknown>][] = [
    ['400 of a malformed body', totalOf('/hold', 400), () => app.post('/hold', '{')],
    ['400 of a malformed URL', totalOf('', 400, NOBODY), () => app.get('/%zz')],
    ['400 of what is no HTTP', totalOf('', 400, NOBODY), () => sendRaw('nonsense')],
    [
      '400 of a chunk without a size',
      totalOf('/hold', 400),
      () => sendRaw(`POST /hold ${HEAD}\r\ntransfer-encoding: chunked\r\n\r\nzz`),
    ],
    ['405', totalOf('', 405, NOBODY), () => app.get('/hold')],
    ['413', totalOf('/hold', 413), () => sendRaw(`POST /hold ${HEAD}\r\ncontent-length: 99000000`)],
    [
      '415',
      totalOf('/hold', 415),
      () => app.post('/hold', 'a', { 'content-type': 'application/x-none' }),
    ],
    [
      '429',
      totalOf('/hold', 429),
      () => Promise.all([1, 2, 3].map(() => app.post('/hold', '100'))),
    ],
    [
      '431',
      totalOf('', 431, NOBODY),
      () => sendRaw(`GET /hold HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}`),
    ],
    [
      '499 where the client left',
      totalOf('/hold', 499),
      () => sendRaw(`POST /hold ${HEAD}\r\ncontent-length: 3\r\n\r\n300`, 'leaves'),
    ],
    ['503 of a worker that died', totalOf('/call', 503), () => app.post('/call', '"crash"')],
    ['504', totalOf('/late', 504), () => app.post('/late')],
  ];

  it.each(cases)('%s', async (_name, series, fail) => {
    const before = (await scrape()).get(series) ?? 0;
    await fail();
    const count = async (): Promise<number> => (await scrape()).get(series) ?? 0;
    await until(
      async () => (await count()) > before,
      2000,
      () => series,
    );
    expect(await count()).toBe(before + 1);
  });

  it('and nothing stays in progress', async () => {
    const inProgress = /^bentoml_api_server_request_in_progress/;
    const metrics = await scrape();
    const running = metrics.matching(inProgress).filter((series) => metrics.get(series) !== 0);
    expect(running).toEqual([expect.stringContaining('endpoint="/metrics"')]);
  });
});
