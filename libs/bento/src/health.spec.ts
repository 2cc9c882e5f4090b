import { fileURLToPath } from 'node:url';
import { Controller, Get, Injectable } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { BentoError } from 'bentonest/errors';
import { ReadinessIndicators, RunnerHealthIndicator } from 'bentonest/observe';
import { onnxRunner } from 'bentonest/onnx';
import { nodeRunner } from 'bentonest/runner';
import type { RunnerDefinition } from 'bentonest/runner';
import type { ErrorBody } from 'bentonest/serving';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BentoModule } from './bento.module.js';
import type { BentoExtras } from './bento.options.js';
import { createApp, startApp } from './testing-app.fixture.js';

class SecretError extends BentoError {
  static override readonly code = 'SECRET';
  static override readonly statusCode = 503;
}

/** An indicator that says what a test has it say. */
@Injectable()
class Database {
  answer: () => unknown = () => true;
  asked = 0;

  constructor(readiness: ReadinessIndicators) {
    const check = (): unknown => {
      this.asked++;
      return this.answer();
    };
    readiness.add({ name: 'database', check, timeoutMs: 20 });
  }
}

/** Its Runnable is no module: it does not start. */
const broken = nodeRunner('clf', {
  module: new URL('./runner-that-is-none.js', import.meta.url),
  class: 'None',
  embedded: true,
});

const stored = onnxRunner('clf', {
  model: 'iris_clf',
  home: fileURLToPath(new URL('../../../test/models/store', import.meta.url)),
  embedded: true,
});

async function start(extras: BentoExtras = {}) {
  const feature = BentoModule.forFeature({ providers: [Database] });
  const app = await startApp([feature], { health: { indicatorMaxAgeMs: 0 }, ...extras });
  onTestFinished(() => app.close());
  const readyz = async (query = ''): Promise<[number, string]> => {
    const { statusCode, body } = await app.inject({ method: 'GET', url: `/readyz${query}` });
    return [statusCode, body];
  };
  return { app, database: app.get(Database), readyz };
}

describe('/readyz with an indicator of the application', () => {
  it('is 200 where it returns, 503 with its name where it does not', async () => {
    const { database, readyz } = await start();
    expect(await readyz()).toEqual([200, '\n']);
    expect(await readyz('?verbose')).toEqual([200, 'Indicator "database" is ready.\n']);
    for (const [answer, text] of [
      [() => false, 'Indicator "database" is not ready.\n'],
      [() => Promise.resolve(false), 'Indicator "database" is not ready.\n'],
    ] as const) {
      database.answer = answer;
      expect(await readyz()).toEqual([503, text]);
    }
    database.answer = () => Promise.resolve(undefined);
    expect((await readyz())[0]).toBe(200);
  });

  it('tells the message of a BentoError, and nothing of other errors', async () => {
    const { database, readyz } = await start();
    database.answer = () => Promise.reject(new SecretError('The database is being moved.'));
    expect(await readyz()).toEqual([
      503,
      'Indicator "database" is not ready: The database is being moved.\n',
    ]);
    database.answer = () => {
      throw new Error('connect ECONNREFUSED /run/postgres/secret.sock');
    };
    expect(await readyz()).toEqual([503, 'Indicator "database" is not ready: its check failed\n']);
  });

  it('does not wait longer than timeoutMs, nor ask again what hangs', async () => {
    const { database, readyz } = await start();
    let release: (value?: unknown) => void = () => undefined;
    database.answer = () => new Promise((resolve) => (release = resolve));
    const late = 'Indicator "database" is not ready: it gave no answer within 20 ms\n';
    expect(await readyz()).toEqual([503, late]);
    expect(await Promise.all([readyz(), readyz()])).toEqual([
      [503, late],
      [503, late],
    ]);
    expect(database.asked).toBe(1);
    release();
    database.answer = () => true;
    await Promise.resolve();
    expect((await readyz())[0]).toBe(200);
  });

  it('asks once for all who ask at the same time, and for some time after', async () => {
    const { database, readyz } = await start({ health: { indicatorMaxAgeMs: 60_000 } });
    await Promise.all(Array.from({ length: 5 }, () => readyz()));
    database.answer = () => false;
    expect((await readyz())[0]).toBe(200);
    expect(database.asked).toBe(1);
  });

  it('is injectable where health is off', async () => {
    const { readyz } = await start({ health: false });
    expect((await readyz())[0]).toBe(404);
  });
});

@Controller()
class TerminusController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly runners: RunnerHealthIndicator,
  ) {}

  @Get('health')
  @HealthCheck()
  check() {
    return this.health.check([() => this.runners.isHealthy('clf')]);
  }

  @Get('unknown')
  @HealthCheck()
  unknown() {
    return this.health.check([() => this.runners.isHealthy('nothing', 'model')]);
  }
}

describe('RunnerHealthIndicator in a TerminusModule', () => {
  async function startTerminus(runner: RunnerDefinition) {
    const feature = BentoModule.forFeature({
      imports: [TerminusModule.forRoot({ logger: false })],
      runners: [runner],
      controllers: [TerminusController],
    });
    const app = await createApp([feature]);
    onTestFinished(() => app.close());
    return app;
  }

  it('is up while the runner has its model loaded', async () => {
    const app = await startTerminus(stored);
    await app.init();
    const answer = await app.inject({ method: 'GET', url: '/health' });
    expect([answer.statusCode, answer.json()]).toMatchObject([
      200,
      { status: 'ok', info: { clf: { status: 'up', state: 'ready' } } },
    ]);
  });

  it('is down, with the state and the reason, while it has not', async () => {
    const app = await startTerminus(broken);
    // The start fails; the routes are there.
    await app.init().catch(() => undefined);
    await app.getHttpAdapter().getInstance().ready();
    const answer = await app.inject({ method: 'GET', url: '/health' });
    expect(answer.statusCode).toBe(503);
    // As Nest's other errors: what terminus reports is in the details.
    expect(answer.json<ErrorBody>().details).toMatchObject({
      status: 'error',
      clf: { status: 'down', state: 'failed', workers: 0 },
    });
  });

  it('says which runners there are', async () => {
    const app = await startTerminus(stored);
    await app.init();
    const answer = await app.inject({ method: 'GET', url: '/unknown' });
    expect(answer.json()).toMatchObject({
      errorCode: 'RUNNER_NOT_REGISTERED',
      message: expect.stringContaining('got "nothing". There are: clf.') as string,
    });
  });
});
