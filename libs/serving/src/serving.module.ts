import { Inject, Injectable, Module, Optional } from '@nestjs/common';
import type { BeforeApplicationShutdown, DynamicModule, NestModule } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { ServiceConfigurationError } from 'bentonest/errors';
import type { FastifyInstance } from 'fastify';
import { rememberServer } from './context/ctx.decorator.js';
import { BentoErrorFilter } from './errors/bento-error.filter.js';
import { ErrorHandling } from './errors/error-handling.js';
import { RouteMethods } from './errors/route-methods.js';
import { findHandlers } from './http/find-handlers.js';
import { forceExitAfter } from './http/forced-exit.js';
import { GracefulClose } from './http/graceful-close.js';
import { MountedRequests } from './http/mounted-requests.js';
import { identifyForMiddleware, identifyRequests } from './http/request-ids.js';
import { addRouteHooks } from './http/route-hooks.js';
import { registerBodyParsers } from './input/body-parsers.js';
import { ServiceHooks } from './life-cycle/service-life-cycle.js';
import { SlowDtoLog } from './input/slow-dto-log.js';

/** Options of {@link ServingModule}. */
export interface ServingOptions {
  /**
   * Time in milliseconds that a closing server has. After it, open connections are cut; and if it was
   * a signal that closes the application, the process ends with exit code 1, whatever is unfinished.
   * Keep it below the time after which the orchestrator kills, which is 30 s in Kubernetes.
   *
   * @default 10_000
   */
  shutdownGraceMs?: number;
}

const SHUTDOWN_GRACE_MS = Symbol('SHUTDOWN_GRACE_MS');
const DEFAULT_GRACE_MS = 10_000;

/** Prepares the Fastify instance once, before Nest adds its first route, and closes it gracefully. */
@Injectable()
export class FastifyPreparation implements BeforeApplicationShutdown {
  private prepared: FastifyInstance | undefined;
  private closing: GracefulClose | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly modules: ModulesContainer,
    private readonly errors: ErrorHandling,
    @Optional() @Inject(SHUTDOWN_GRACE_MS) readonly graceMs = DEFAULT_GRACE_MS,
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
    rememberServer(fastify, adapter);
    this.closing = new GracefulClose(fastify.server);
    this.errors.attach(fastify);
    identifyRequests(fastify);
    identifyForMiddleware(adapter);
    registerBodyParsers(adapter, fastify);
    addRouteHooks(fastify, (method, url) => findHandlers(this.modules, method, url));
  }

  async beforeApplicationShutdown(signal?: string): Promise<void> {
    if (signal !== undefined) forceExitAfter(this.graceMs, signal);
    await this.closing?.begin(this.graceMs);
  }
}

const NEEDS_FASTIFY =
  'BentoNest serves with Fastify, but the application was created with Express. Write NestFactory.create(AppModule, new FastifyAdapter()) with the adapter of @nestjs/platform-fastify.';

/** What generated controllers need of the application: parsers, hooks and the one error filter. */
@Module({
  providers: [
    FastifyPreparation,
    ErrorHandling,
    BentoErrorFilter,
    RouteMethods,
    MountedRequests,
    SlowDtoLog,
    ServiceHooks,
  ],
  exports: [MountedRequests],
})
export class ServingModule implements NestModule {
  /** Without options, import the class itself. */
  static register({ shutdownGraceMs = DEFAULT_GRACE_MS }: ServingOptions): DynamicModule {
    const providers = [{ provide: SHUTDOWN_GRACE_MS, useValue: shutdownGraceMs }];
    return { module: ServingModule, providers };
  }

  constructor(private readonly preparation: FastifyPreparation) {}

  configure(): void {
    this.preparation.prepare();
  }
}
