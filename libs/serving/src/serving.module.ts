import { Injectable, Module } from '@nestjs/common';
import type { DynamicModule, NestModule } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { ServiceConfigurationError } from 'bentonest/errors';
import type { FastifyInstance } from 'fastify';
import { rememberServer } from './context/ctx.decorator.js';
import { BentoErrorFilter } from './errors/bento-error.filter.js';
import { ErrorHandling } from './errors/error-handling.js';
import { RouteMethods } from './errors/route-methods.js';
import { Admission } from './http/admission.js';
import { ClosingState } from './http/closing-state.js';
import { findHandlers } from './http/find-handlers.js';
import { MountedRequests } from './http/mounted-requests.js';
import { identifyForMiddleware, identifyRequests } from './http/request-ids.js';
import { addRouteHooks } from './http/route-hooks.js';
import { ServerLife } from './http/server-life.js';
import { keepTickShape } from './http/tick-shape.js';
import { registerBodyParsers } from './input/body-parsers.js';
import { ServiceHooks } from './life-cycle/service-life-cycle.js';
import { SlowDtoLog } from './input/slow-dto-log.js';
import { SERVING_OPTIONS } from './serving.options.js';
import type { OptionsSource, ServingOptions } from './serving.options.js';

/** Prepares the Fastify instance once, before Nest adds its first route. */
@Injectable()
export class FastifyPreparation {
  private prepared: FastifyInstance | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly modules: ModulesContainer,
    private readonly errors: ErrorHandling,
    private readonly server: ServerLife,
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
    keepTickShape();
    rememberServer(fastify, adapter);
    this.errors.attach(fastify);
    this.server.prepare(adapter, fastify);
    identifyRequests(fastify);
    identifyForMiddleware(adapter);
    registerBodyParsers(adapter, fastify);
    const { admission, options } = this.server;
    addRouteHooks(fastify, {
      admission,
      bodyLimitBytes: options.bodyLimitBytes,
      findHandlers: (method, url) => findHandlers(this.modules, method, url),
    });
  }
}

const NEEDS_FASTIFY =
  'BentoNest serves with Fastify, but the application was created with Express. Write NestFactory.create(AppModule, new FastifyAdapter()) with the adapter of @nestjs/platform-fastify.';

/** What generated controllers need of the application: parsers, hooks and the one error filter. */
@Module({
  providers: [
    FastifyPreparation,
    ServerLife,
    Admission,
    ClosingState,
    ErrorHandling,
    BentoErrorFilter,
    RouteMethods,
    MountedRequests,
    SlowDtoLog,
    ServiceHooks,
  ],
  exports: [MountedRequests, ClosingState],
})
export class ServingModule implements NestModule {
  /** Without options, import the class itself. */
  static register(options: OptionsSource<ServingOptions>): DynamicModule {
    return { module: ServingModule, providers: [{ provide: SERVING_OPTIONS, ...options }] };
  }

  constructor(private readonly preparation: FastifyPreparation) {}

  configure(): void {
    this.preparation.prepare();
  }
}
