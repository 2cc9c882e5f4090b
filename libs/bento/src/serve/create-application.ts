import { Module } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { METRICS_SHARING } from 'bentonest/observe';
import type { MetricsMember } from 'bentonest/observe';
import { RUNNER_SHARING } from 'bentonest/runner';
import type { RunnerSharing } from 'bentonest/runner';
import { frameworkErrors } from 'bentonest/serving';
import type { ResolvedServeOptions } from './serve.options.js';

export type RootModule = Type | DynamicModule;

@Module({})
class ServedModule {}

/** What a process has in common with others. */
interface Sharing {
  readonly runners: RunnerSharing;
  /** Only where there is somebody to ask for metrics. */
  readonly metrics?: MetricsMember;
}

/** The user's module, in a process that shares workers with others. */
export function withSharing(root: RootModule, { runners, metrics }: Sharing): DynamicModule {
  return {
    module: ServedModule,
    global: true,
    imports: [root],
    providers: [
      { provide: RUNNER_SHARING, useValue: runners },
      { provide: METRICS_SHARING, useValue: metrics },
    ],
    exports: [RUNNER_SHARING, METRICS_SHARING],
  };
}

/** The application, as a main.ts would make it, not yet listening. */
export async function createApplication(
  root: RootModule,
  { configure }: ResolvedServeOptions,
): Promise<NestFastifyApplication> {
  // What Fastify refuses before it routes has the shape of all other errors, too.
  const adapter = new FastifyAdapter({ frameworkErrors });
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    abortOnError: false,
  });
  await configure(app);
  return app;
}
