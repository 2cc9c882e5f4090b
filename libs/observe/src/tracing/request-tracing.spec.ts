import { hasSubscribers } from 'node:diagnostics_channel';
import { Controller, Get } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { context, propagation, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import type { Sampler } from '@opentelemetry/sdk-trace-node';
import { REQUEST_CHANNEL, REQUEST_START_CHANNEL, ServingModule } from 'bentonest/serving';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { NoRunnersModule } from '../no-runners.fixture.js';
import { ObserveModule } from '../observe.module.js';
import type { ObserveOptions } from '../observe.module.js';
import type { TracingOptions } from './tracing.options.js';

@Controller()
class Hello {
  @Get('hello/:name')
  hello(): object {
    return {};
  }

  @Get('livez')
  live(): object {
    return {};
  }
}

afterEach(() => {
  for (const api of [trace, context, propagation]) api.disable();
});

/** An SDK as an application registers it. */
function registerSdk(sampler?: Sampler): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  new NodeTracerProvider({ sampler, spanProcessors }).register();
  return exporter;
}

async function start(
  tracing: false | TracingOptions,
  { metrics = false, prefix = '' }: { metrics?: ObserveOptions['metrics']; prefix?: string } = {},
): Promise<NestFastifyApplication> {
  const imports = [
    NoRunnersModule,
    ServingModule,
    ObserveModule.register({ metrics, health: false, tracing }),
  ];
  const testing = await Test.createTestingModule({ imports, controllers: [Hello] }).compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  app.setGlobalPrefix(prefix);
  onTestFinished(() => app.close());
  return app.init();
}

const names = (exporter: InMemorySpanExporter): string[] =>
  exporter.getFinishedSpans().map(({ name }) => name);

it('gives its spans to the SDK that the application has registered', async () => {
  const exporter = registerSdk();
  const app = await start({});
  await app.inject({ url: '/hello/x' });
  await app.inject({ url: '/livez' });
  expect(names(exporter)).toEqual(['GET /hello/:name']);
});

it('leaves out probes and scrapes under a global prefix and on a path of their own, too', async () => {
  const exporter = registerSdk();
  const metrics = { path: '/internal/metrics', defaultMetrics: false };
  const app = await start({}, { metrics, prefix: 'api' });
  for (const path of ['livez', 'internal/metrics', 'hello/x']) {
    expect((await app.inject({ url: `/api/${path}` })).statusCode).toBe(200);
  }
  expect(names(exporter)).toEqual(['GET /api/hello/:name']);
});

it('leaves the last word to that SDK’s sampler, and to its own options', async () => {
  const exporter = registerSdk(new AlwaysOffSampler());
  await (await start({})).inject({ url: '/hello/x' });
  expect(names(exporter)).toEqual([]);
  trace.disable();
  const other = registerSdk();
  const app = await start({ sampleRate: 0, excludedUrls: ['/hello/*'] });
  await app.inject({ url: '/hello/x' });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await app.inject({ url: '/hello/x', headers: { traceparent } });
  expect(names(other)).toEqual([]);
  await app.inject({ url: '/livez', headers: { traceparent } });
  expect(names(other)).toEqual(['GET /livez']);
  expect(other.getFinishedSpans()[0]?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
});

it('off, gives nothing to an SDK that is there, and nobody hears of requests', async () => {
  const exporter = registerSdk();
  await (await start(false)).inject({ url: '/hello/x' });
  expect(names(exporter)).toEqual([]);
  expect(hasSubscribers(REQUEST_CHANNEL) || hasSubscribers(REQUEST_START_CHANNEL)).toBe(false);
});

it.each([false, {}] as const)('does nothing without an SDK (%j)', async (options) => {
  const app = await start(options);
  await app.inject({ url: '/hello/x' });
  const exporter = registerSdk();
  // It was not there at the start.
  await app.inject({ url: '/hello/x' });
  expect(names(exporter)).toEqual([]);
});
