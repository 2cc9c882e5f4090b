import type { Server as SecureServer, TlsOptions } from 'node:tls';
import { Module } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { importPeer } from 'bentonest/errors';
import { METRICS_SHARING } from 'bentonest/observe';
import type { MetricsMember } from 'bentonest/observe';
import { RUNNER_SHARING } from 'bentonest/runner';
import type { RunnerSharing } from 'bentonest/runner';
import { frameworkErrors } from 'bentonest/serving';
import { SERVE_OPTIONS } from '../bento.tokens.js';
import { EarlyLog, KEEP_LINES, logThroughBento } from './log-through-bento.js';
import type { CorsOptions, ResolvedServeOptions, ServeOptions } from './serve.options.js';
import { readTls, watchTls } from './tls.js';

export type RootModule = Type | DynamicModule;

@Module({})
class ServedModule {}

/** What a process has in common with others, where there are any. */
interface Sharing {
  readonly runners?: RunnerSharing;
  /** Only where there is somebody to ask for metrics. */
  readonly metrics?: MetricsMember;
}

/** The user's module, which then knows what the code said to serve(). */
export function withServeOptions(root: RootModule, options: ServeOptions): DynamicModule {
  return {
    module: ServedModule,
    global: true,
    imports: [root],
    providers: [{ provide: SERVE_OPTIONS, useValue: options }],
    exports: [SERVE_OPTIONS],
  };
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
      // Who owns the runners for others is a context, and serves nothing.
      ...(runners?.role === 'owner' ? [EarlyLog] : []),
    ],
    exports: [RUNNER_SHARING, METRICS_SHARING],
  };
}

/** The application, as a main.ts would make it, not yet listening. */
export async function createApplication(
  root: RootModule,
  options: ResolvedServeOptions,
): Promise<NestFastifyApplication> {
  const { configure, cors, securityHeaders, ssl } = options;
  const tls = ssl === undefined ? undefined : readTls(ssl);
  const adapter = createAdapter(options, tls);
  const app = await logThroughBento(() =>
    NestFactory.create<NestFastifyApplication>(root, adapter, { ...KEEP_LINES }),
  );
  const server = app.getHttpServer() as unknown as SecureServer;
  if (ssl !== undefined && tls !== undefined) watchTls(server, ssl, tls);
  if (securityHeaders === true) await addSecurityHeaders(app, ssl !== undefined);
  if (cors !== undefined && cors.enabled !== false) enableCors(app, cors);
  await configure?.(app);
  return app;
}

function createAdapter(
  { http2 = false, trustProxy = false }: ResolvedServeOptions,
  tls: TlsOptions | undefined,
): FastifyAdapter {
  // What Fastify refuses before it routes has the shape of all other errors, too.
  // What still comes while the server closes is answered: Fastify's own 503 has no line in the log and no metric.
  const options = { frameworkErrors, trustProxy, return503OnClosing: false };
  if (!http2) return new FastifyAdapter(tls === undefined ? options : { ...options, https: tls });
  return tls === undefined
    ? new FastifyAdapter({ ...options, http2 })
    : new FastifyAdapter({ ...options, http2, https: { ...tls, allowHTTP1: true } });
}

async function addSecurityHeaders(app: NestFastifyApplication, isSecure: boolean): Promise<void> {
  const { default: helmet } = await importPeer(
    '@fastify/helmet',
    'Option securityHeaders of the server',
    () => import('@fastify/helmet'),
  );
  // By helmet's own default, browsers would fetch the assets of a page over HTTPS, which nobody serves.
  const upgradeInsecureRequests = isSecure ? [] : null;
  await app.register(helmet, {
    contentSecurityPolicy: { directives: { upgradeInsecureRequests } },
  });
}

function enableCors(app: NestFastifyApplication, cors: CorsOptions): void {
  const {
    origins = [],
    methods,
    allowedHeaders,
    exposedHeaders,
    credentials,
    maxAgeSeconds,
  } = cors;
  app.enableCors({
    origin: origins.includes('*') ? '*' : origins,
    methods: methods ?? ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders,
    exposedHeaders,
    credentials,
    maxAge: maxAgeSeconds,
  });
}
