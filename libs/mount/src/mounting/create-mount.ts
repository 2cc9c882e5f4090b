import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject } from '@nestjs/common';
import type {
  BeforeApplicationShutdown,
  InjectionToken,
  NestMiddleware,
  OnApplicationShutdown,
  OnModuleInit,
  Type,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { InvalidHostError, hasOneHost } from 'bentonest/serving';
import { MountHost, addFallback, runningPattern } from './mount-host.js';
import type { MountRequest } from './mount-host.js';
import { parseMountPath } from './mount-path.js';
import type { MountPath } from './mount-path.js';
import { MOUNT_SURROUNDINGS } from './mount-surroundings.js';
import type { MountSurroundings } from './mount-surroundings.js';
import type { MountedApp, Next } from './mounted-app.js';
import { prepare, rememberHead } from './restore.js';
import { upgradeOf } from './upgrades.js';

/** How the application behind a mount comes to be. */
export interface MountDefinition {
  /** Tokens of what `create` gets. */
  readonly inject: readonly InjectionToken[];
  /** Called once, at start: what it throws stops the start. */
  readonly create: (...dependencies: unknown[]) => MountedApp | Promise<MountedApp>;
}

const SWITCHING_PROTOCOLS = 101;

interface Server {
  readonly adapterHost: HttpAdapterHost;
  readonly config: ApplicationConfig;
  readonly modules: ModulesContainer;
}

abstract class MountMiddleware
  implements NestMiddleware, OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly paths = new Map<string, MountPath>();
  /** Those of `forRoutes`. */
  private readonly patterns: string[] = [];
  private readonly config: ApplicationConfig;
  private readonly host: MountHost;
  private readonly surroundings: MountSurroundings | undefined;
  private app: MountedApp | undefined;

  constructor(
    { adapterHost, config, modules }: Server,
    private readonly create: () => MountedApp | Promise<MountedApp>,
  ) {
    this.config = config;
    this.surroundings = findSurroundings(modules);
    this.host = MountHost.of(adapterHost.httpAdapter as FastifyAdapter);
    this.host.use(this.surroundings);
    this.host.registrations.observe(this, (pattern) => this.patterns.push(pattern));
  }

  async onModuleInit(): Promise<void> {
    this.app = await this.create();
    const { upgrade, negotiate, readiness, describe } = this.app;
    if ((upgrade ?? negotiate) !== undefined) this.host.takeUpgrades();
    if (readiness !== undefined) this.surroundings?.watch(readiness);
    if (describe === undefined) return;
    this.surroundings?.describe({
      endpoints: () => this.endpoints,
      read: (endpoint) => describe(endpoint.replace(/\/\*$/, '')),
    });
  }

  /** After onModuleDestroy, where applications may say goodbye. */
  beforeApplicationShutdown(): void {
    this.host.endUpgrades();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.app?.close?.();
  }

  use(request: MountRequest, response: ServerResponse, next: Next): unknown {
    if (this.surroundings?.isForOperators(request) === true) return next();
    const path = this.pathOf(runningPattern());
    if (!path.isRoot) return this.serve([request, response, next], path);
    addFallback(request, (...exchange) => this.serve(exchange, path));
    next();
    return undefined;
  }

  /** An exact path, such as Nest adds for a prefix, has nothing below it. */
  private get endpoints(): readonly string[] {
    const wide = this.patterns.filter((pattern) => pattern.includes('*'));
    return [...new Set(wide.map((pattern) => this.pathOf(pattern).endpoint))];
  }

  private pathOf(pattern: string): MountPath {
    let path = this.paths.get(pattern);
    if (path === undefined) {
      path = parseMountPath(pattern, this.config.getGlobalPrefix());
      this.paths.set(pattern, path);
    }
    return path;
  }

  private serve(
    [request, response, next]: readonly [MountRequest, ServerResponse, Next],
    { endpoint, segments }: MountPath,
  ): unknown {
    const { app } = this;
    if (app === undefined) return next();
    const restore = prepare(request, response, segments);
    const report = this.surroundings?.report(request, response, endpoint);
    // No event would tell the application so any more.
    if (hasLeft(request)) return undefined;
    const restoreHead = rememberHead(response);
    const fail = (error: unknown): never => {
      restore();
      restoreHead();
      report?.fail();
      throw error;
    };
    const passOn: Next = (error) => {
      restore();
      if (error === undefined || error === null) report?.takeBack();
      else {
        restoreHead();
        report?.fail();
      }
      next(error);
    };
    try {
      report?.admit();
      // The application may take another of them, or another part of it, than middleware has checked.
      if (!hasOneHost(request)) throw new InvalidHostError();
      const leaveHttp = (statusCode: number): void => {
        report?.leaveHttp(statusCode);
        // Its socket is another's: who waits for its end, to give up a place, would wait for ever.
        response.emit('close');
      };
      const exchange = [request, response, passOn] as const;
      // Messages of a socket belong to no request.
      const isFollowed = app.isHere === true && upgradeOf(request) === undefined;
      const activate = isFollowed ? report?.activate : undefined;
      const result =
        activate === undefined
          ? ask(app, exchange, leaveHttp)
          : activate(() => ask(app, exchange, leaveHttp));
      return result instanceof Promise ? result.catch(fail) : undefined;
    } catch (error) {
      return fail(error);
    }
  }
}

/** Hands the request over, or its connection where that is to change its protocol. */
function ask(
  app: MountedApp,
  [request, response, next]: readonly [MountRequest, ServerResponse, Next],
  onUpgrade: (statusCode: number) => void,
): unknown {
  const upgrade = upgradeOf(request);
  if (upgrade !== undefined && app.upgrade !== undefined) {
    return upgrade.handOver(app.upgrade, response, onUpgrade);
  }
  if (upgrade === undefined || app.negotiate === undefined) {
    return app.handle(request, response, next);
  }
  return app.negotiate(request, response, (handler) => {
    upgrade.accept(handler, response);
    onUpgrade(SWITCHING_PROTOCOLS);
  });
}

/** The class of a middleware that hands requests over to an application; one class for each mount. */
export function createMount({ inject, create }: MountDefinition): Type<NestMiddleware> {
  class Mount extends MountMiddleware {
    constructor(
      adapterHost: HttpAdapterHost,
      config: ApplicationConfig,
      modules: ModulesContainer,
      ...dependencies: unknown[]
    ) {
      super({ adapterHost, config, modules }, () => create(...dependencies));
    }
  }
  const tokens = [HttpAdapterHost, ApplicationConfig, ModulesContainer, ...inject];
  for (const [index, token] of tokens.entries()) Inject(token)(Mount, undefined, index);
  return Mount;
}

/** Its client went away while a middleware waited. */
function hasLeft(request: MountRequest & { readonly stream?: Pick<Duplex, 'destroyed'> }): boolean {
  const { stream = request.socket } = request;
  return stream.destroyed;
}

function findSurroundings(modules: ModulesContainer): MountSurroundings | undefined {
  for (const { providers } of modules.values()) {
    const provider = providers.get(MOUNT_SURROUNDINGS);
    if (provider !== undefined) return provider.instance as MountSurroundings;
  }
  return undefined;
}
