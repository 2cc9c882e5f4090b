import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Module } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { expect, it, onTestFinished } from 'vitest';
import { Api, BentoModule, BentoService } from './index.js';
import type { BentoOptions } from './index.js';

// A file of its own: the audit looks at every class that was decorated in this process.

@BentoService()
class Base {
  @Api()
  base(): string {
    return 'base';
  }
}

@BentoService()
class Derived extends Base {
  @Api()
  derived(): string {
    return 'derived';
  }
}

@BentoService()
class Elsewhere {
  @Api()
  elsewhere(): string {
    return 'here';
  }
}

@Module({ imports: [BentoModule.forFeature({ services: [Elsewhere] })] })
class ElsewhereModule {}

async function start(
  imports: readonly (DynamicModule | Type)[],
  options?: BentoOptions,
): Promise<NestFastifyApplication> {
  const root = BentoModule.forRoot(options);
  const testing = await Test.createTestingModule({ imports: [root, ...imports] }).compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
    logger: false,
  });
  onTestFinished(() => app.close());
  return app.init();
}

const derived = BentoModule.forFeature({ services: [Derived] });

it('starts when every service is served, a base class by the class derived from it', async () => {
  const app = await start([derived, ElsewhereModule]);
  expect((await app.inject({ method: 'POST', url: '/base' })).body).toBe('base');
  expect((await app.inject({ method: 'POST', url: '/derived' })).body).toBe('derived');
});

it('fails, by default, for a service whose module the application does not import', async () => {
  await expect(start([derived])).rejects.toThrow(
    expect.objectContaining({
      code: 'SERVICE_CONFIGURATION',
      message:
        "Elsewhere is a @BentoService of a BentoModule.forFeature() that the application does not import, so nothing serves it. Import the module that has it, or set forRoot({ unregisteredServices: 'ignore' }).",
    }),
  );
  const app = await start([derived], { unregisteredServices: 'ignore' });
  expect((await app.inject({ method: 'POST', url: '/elsewhere' })).statusCode).toBe(404);
});

it('fails, by default, for a service in no forFeature, though it is a provider', async () => {
  @BentoService()
  class Forgotten {
    @Api()
    classify(): string {
      return '';
    }
  }
  @Module({ providers: [Forgotten] })
  class ForgottenModule {}
  await expect(start([derived, ElsewhereModule, ForgottenModule])).rejects.toThrow(
    expect.objectContaining({
      code: 'SERVICE_CONFIGURATION',
      message:
        "Forgotten is a @BentoService that no module registers, so nothing serves it. Add it to BentoModule.forFeature({ services: [Forgotten] }), or set forRoot({ unregisteredServices: 'ignore' }).",
    }),
  );
});
