import 'reflect-metadata';
import { Logger, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Config, loadConfig } from 'bentonest/config';
import { nodeRunner } from 'bentonest/runner';
import { Api, BentoService } from 'bentonest/serving';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterEach, expect, it, vi } from 'vitest';
import { BentoModule } from '../bento.module.js';
import { withServeOptions } from '../serve/create-application.js';

@BentoService({ name: 'iris', timeoutMs: 1000 })
class Iris {
  @Api({ maxConcurrency: 2, timeoutMs: 30 })
  predictProba(): void {}
}

@Module({
  imports: [
    BentoModule.forRootAsync({
      metrics: false,
      useFactory: () => ({
        unregisteredServices: 'ignore' as const,
        maxConcurrency: 5,
        timeoutMs: 100,
        shedding: true,
        logging: { access: false, redact: ['body.card'] },
        tracing: { otlp: { headers: { authorization: 'secret-1' } } },
      }),
    }),
    BentoModule.forFeature({
      services: [Iris],
      runners: [
        nodeRunner('doubler', {
          module: new URL('file:///doubler.js'),
          class: 'Doubler',
          embedded: true,
          maxQueue: 7,
        }),
      ],
    }),
  ],
})
class AppModule {}

afterEach(() => vi.restoreAllMocks());

it('the log at start tells what is set, where, and no secret: of the code as of operators', async () => {
  const log = vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  const options = { port: 0, admin: { port: 1, token: 'secret-2-of-many-characters' } };
  const root = withServeOptions(AppModule, options);
  const env = {
    PORT: '3001',
    BENTONEST__SERVER__TIMEOUT_MS: '200',
    BENTONEST__SERVICES__IRIS__APIS__PREDICT_PROBA__TIMEOUT_MS: '40',
  };
  const module = await Test.createTestingModule({ imports: [root] })
    .overrideProvider(Config)
    .useValue(loadConfig({ env }))
    .compile();
  const app = module.createNestApplication(new FastifyAdapter());
  // The runner has no Runnable: what is logged is logged before.
  await app.init().catch(() => undefined);
  const lines = log.mock.calls.map(([line]) => String(line)).filter((line) => line.includes(' = '));
  await app.close();
  expect(lines).toEqual([
    'server.port = 3001 (PORT)',
    'server.timeoutMs = 200 (BENTONEST__SERVER__TIMEOUT_MS)',
    'server.maxConcurrency = 5 (code: BentoModule.forRoot)',
    'server.maxEventLoopLagMs = 500 (code: BentoModule.forRoot)',
    'admin.port = 1 (code: serve)',
    'admin.token = "***" (code: serve)',
    'services.iris.timeoutMs = 1000 (code: @BentoService)',
    'services.iris.apis.predict_proba.timeoutMs = 40 (BENTONEST__SERVICES__IRIS__APIS__PREDICT_PROBA__TIMEOUT_MS)',
    'services.iris.apis.predictProba.maxConcurrency = 2 (code: @Api)',
    'runners.doubler.embedded = true (code: runner)',
    'runners.doubler.maxQueue = 7 (code: runner)',
    'metrics.enabled = false (code: BentoModule.forRoot)',
    'logging.redact = ["body.card"] (code: BentoModule.forRoot)',
    'logging.access.enabled = false (code: BentoModule.forRoot)',
    'tracing.otlp.headers = "***" (code: BentoModule.forRoot)',
  ]);
});
