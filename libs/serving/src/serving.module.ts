import { Injectable, Module } from '@nestjs/common';
import type { BeforeApplicationShutdown, NestModule } from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { ServiceConfigurationError } from 'bentonest/errors';
import type { FastifyInstance } from 'fastify';
import { BentoErrorFilter } from './errors/bento-error.filter.js';
import { findHandlers } from './http/find-handlers.js';
import { sayFarewell } from './http/graceful-close.js';
import { addRouteHooks } from './http/route-hooks.js';
import { registerBodyParsers } from './input/body-parsers.js';

/** Prepares the Fastify instance once, before Nest adds its first route. */
@Injectable()
export class FastifyPreparation implements BeforeApplicationShutdown {
  private prepared: FastifyInstance | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly modules: ModulesContainer,
  ) {
    // With NestFactory the adapter is there already, and Nest has not registered its parsers yet.
    this.prepare();
  }

  /** A testing module gets its adapter later: this is called again before routes are added. */
  prepare(): void {
    const adapter = this.host.httpAdapter as FastifyAdapter | undefined;
    const type = adapter?.getType?.();
    if (adapter === undefined || type !== 'fastify') {
      if (type === 'express') throw new ServiceConfigurationError(NEEDS_FASTIFY);
      return;
    }
    const fastify = adapter.getInstance();
    if (this.prepared === fastify) return;
    this.prepared = fastify;
    registerBodyParsers(adapter, fastify);
    addRouteHooks(fastify, (method, url) => findHandlers(this.modules, method, url));
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.prepared !== undefined) await sayFarewell(this.prepared);
  }
}

const NEEDS_FASTIFY =
  'BentoNest serves with Fastify, but the application was created with Express. Write NestFactory.create(AppModule, new FastifyAdapter()) with the adapter of @nestjs/platform-fastify.';

/** What generated controllers need of the application: parsers, hooks and the error filter. */
@Module({
  providers: [FastifyPreparation, { provide: APP_FILTER, useClass: BentoErrorFilter }],
})
export class ServingModule implements NestModule {
  constructor(private readonly preparation: FastifyPreparation) {}

  configure(): void {
    this.preparation.prepare();
  }
}
