import { Module } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RUNNER_SHARING } from 'bentonest/runner';
import type { RunnerSharing } from 'bentonest/runner';
import { frameworkErrors } from 'bentonest/serving';
import { KEEP_LINES, logThroughBento } from './log-through-bento.js';
import type { ResolvedServeOptions } from './serve.options.js';

export type RootModule = Type | DynamicModule;

@Module({})
class ServedModule {}

/** The user's module, in a process that shares workers with others. */
export function withSharing(root: RootModule, sharing: RunnerSharing): DynamicModule {
  return {
    module: ServedModule,
    global: true,
    imports: [root],
    providers: [{ provide: RUNNER_SHARING, useValue: sharing }],
    exports: [RUNNER_SHARING],
  };
}

/** The application, as a main.ts would make it, not yet listening. */
export async function createApplication(
  root: RootModule,
  { configure }: ResolvedServeOptions,
): Promise<NestFastifyApplication> {
  // What Fastify refuses before it routes has the shape of all other errors, too.
  const adapter = new FastifyAdapter({ frameworkErrors });
  const app = await logThroughBento(() =>
    NestFactory.create<NestFastifyApplication>(root, adapter, { ...KEEP_LINES }),
  );
  await configure(app);
  return app;
}
