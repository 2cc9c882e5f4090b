import { hasSubscribers } from 'node:diagnostics_channel';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import { BentoModule } from 'bentonest';
import type { BentoExtras } from 'bentonest';
import { BATCH_CHANNEL, CALL_CHANNEL } from 'bentonest/runner';
import { CLIENT_ERROR_CHANNEL, REQUEST_CHANNEL, REQUEST_START_CHANNEL } from 'bentonest/serving';
import { register } from 'prom-client';
import type { Counter } from 'prom-client';
import { afterEach, expect, it } from 'vitest';

const CHANNELS = [
  REQUEST_START_CHANNEL,
  REQUEST_CHANNEL,
  CLIENT_ERROR_CHANNEL,
  BATCH_CHANNEL,
  CALL_CHANNEL,
];
const subscribed = (): string[] => CHANNELS.filter((name) => hasSubscribers(name));

@Controller()
class VisitController {
  constructor(@InjectMetric('visits_total') private readonly visits: Counter) {}

  @Get('visit')
  visit(): string {
    this.visits.inc();
    return 'seen';
  }

  @Post('visit')
  leave(): void {}
}

@Module({
  controllers: [VisitController],
  providers: [makeCounterProvider({ name: 'visits_total', help: 'a help' })],
})
class VisitModule {}

const started: NestFastifyApplication[] = [];

afterEach(async () => {
  for (const app of started.splice(0)) await app.close();
  register.clear();
});

async function start(extras: BentoExtras = {}): Promise<NestFastifyApplication> {
  const imports = [BentoModule.forRoot({ unregisteredServices: 'ignore', ...extras }), VisitModule];
  const module = await Test.createTestingModule({ imports }).compile();
  const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
    logger: false,
  });
  started.push(app);
  await app.listen(0, '127.0.0.1');
  return app;
}

async function ask(app: NestFastifyApplication, path: string, init?: RequestInit) {
  const answer = await fetch((await app.getUrl()) + path, init);
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    body: await answer.text(),
  };
}

const get = (app: NestFastifyApplication, path: string, accept = '*/*') =>
  ask(app, path, { headers: { accept } });

const totalOf = (endpoint: string, code: number): string =>
  `bentoml_api_server_request_total{endpoint="${endpoint}",http_response_code="${code}",service_name="",service_version=""}`;

/** Values by their lines' beginnings. */
async function scrape(app: NestFastifyApplication, url = '/metrics'): Promise<Map<string, string>> {
  const { body } = await get(app, url);
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => line.split(/ (?=\S+$)/) as [string, string]));
}

it('metrics that are off subscribe to nothing, and those that are on only while the application runs', async () => {
  const off = await start({ metrics: false });
  expect(subscribed()).toEqual([]);
  expect((await get(off, '/metrics')).status).toBe(404);
  const on = await start();
  expect(subscribed()).toEqual(CHANNELS);
  await on.close();
  expect(subscribed()).toEqual([]);
});

it('two applications of a process count each request once, and go on when one closes', async () => {
  const first = await start();
  const second = await start();
  await get(first, '/visit');
  await get(second, '/visit');
  const visits = totalOf('/visit', 200);
  expect((await scrape(first)).get(visits)).toBe('2');
  expect((await scrape(first)).get('visits_total')).toBe('2');
  await first.close();
  await get(second, '/visit');
  expect((await scrape(second)).get(visits)).toBe('3');
});

it('two applications with metrics of their own count what is in progress each in its own', async () => {
  const first = await start();
  const second = await start({ metrics: { namespace: 'acme' } });
  const gauge =
    'api_server_request_in_progress{endpoint="/metrics",service_name="",service_version=""}';
  for (const app of [first, second, first]) {
    await get(app, '/visit');
    const values = await scrape(app);
    // The scrape itself is.
    expect(['bentoml', 'acme'].map((name) => values.get(`${name}_${gauge}`))).toEqual(['1', '1']);
  }
});

it('methods of one path count together', async () => {
  const app = await start();
  for (const method of ['GET', 'HEAD', 'GET']) await ask(app, '/visit', { method });
  await ask(app, '/visit', { method: 'POST' });
  const values = await scrape(app);
  const [seen, left] = [200, 201].map((code) => values.get(totalOf('/visit', code)));
  expect([seen, left]).toEqual(['3', '1']);
});

it('an application that was never started leaves what others count when it is closed', async () => {
  const app = await start();
  const imports = [BentoModule.forRoot({ unregisteredServices: 'ignore' })];
  const module = await Test.createTestingModule({ imports }).compile();
  await module.close();
  await get(app, '/visit');
  expect(subscribed()).toEqual(CHANNELS);
});

it('names, buckets, path and default metrics are options', async () => {
  const app = await start({
    metrics: {
      namespace: 'acme',
      durationBuckets: [0.5, 1],
      defaultMetrics: false,
      path: '/internal/metrics',
    },
  });
  await get(app, '/visit');
  expect((await get(app, '/metrics')).status).toBe(404);
  const names = [...(await scrape(app, '/internal/metrics')).keys()];
  expect(names.filter((name) => /^(?:bentoml|process|nodejs)_/.test(name))).toEqual([]);
  const bounds = names.filter((name) => name.includes('duration_seconds_bucket{endpoint="/visit"'));
  expect(bounds.map((name) => /le="([^"]+)"/.exec(name)?.[1])).toEqual(['0.5', '1', '+Inf']);
  expect(names).toContainEqual(expect.stringMatching(/^acme_api_server_request_in_progress\{/));
});

it.each([
  [{ namespace: 'a-b' }, 'namespace'],
  [{ durationBuckets: [1, 1] }, 'durationBuckets'],
  [{ durationBuckets: [] }, 'durationBuckets'],
  [{ path: 'metrics' }, 'path'],
])('%j is refused at start', (metrics, option) => {
  expect(() => BentoModule.forRoot({ metrics })).toThrow(`Expected ${option} of the metrics to be`);
});

it('who accepts OpenMetrics gets it, and who asks again for text gets the same names as before', async () => {
  const app = await start();
  const open = await get(app, '/metrics', 'application/openmetrics-text;version=1.0.0,*/*;q=0.1');
  expect(open.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(open.body).toContain('# TYPE visits counter\nvisits_total 0\n');
  expect(open.body.endsWith('\n# EOF\n')).toBe(true);
  const text = await get(app, '/metrics');
  expect(text.type).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(text.body).toContain('# TYPE visits_total counter\nvisits_total 0\n');
});
