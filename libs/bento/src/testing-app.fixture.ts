import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { DynamicModule, Type } from '@nestjs/common';
import { BentoModule } from './bento.module.js';
import type { BentoExtras, BentoOptions } from './bento.options.js';

type Imported = DynamicModule | Type;

/** An application in this process, as `Test.createTestingModule` makes it, not yet initialised. */
export async function createApp(
  imports: readonly Imported[],
  options: BentoOptions & BentoExtras = {},
): Promise<NestFastifyApplication> {
  const root = BentoModule.forRoot({ unregisteredServices: 'ignore', metrics: false, ...options });
  const module = await Test.createTestingModule({ imports: [root, ...imports] }).compile();
  return module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
    logger: false,
  });
}

/** The same, listening to `inject`. */
export async function startApp(
  imports: readonly Imported[],
  options: BentoOptions & BentoExtras = {},
): Promise<NestFastifyApplication> {
  const app = await createApp(imports, options);
  return app.init();
}
