import type { Server } from 'node:http';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { RunnerRegistry } from 'bentonest/runner';
import type { FastifyInstance } from 'fastify';
import { SERVING_OPTIONS, resolveServingOptions } from '../serving.options.js';
import type { ResolvedServingOptions, ServingOptions } from '../serving.options.js';
import { answerClientError } from '../errors/client-errors.js';
import { listenAtAllAddresses } from './addresses.js';
import { Admission } from './admission.js';
import { ClosingState } from './closing-state.js';
import { forceExitAfter } from './forced-exit.js';
import { GracefulClose } from './graceful-close.js';
import { IdleBodies } from './idle-bodies.js';
import { OpenConnections } from './open-connections.js';
import { PreStop } from './pre-stop.js';
import { DEFAULT_REQUEST_TIMEOUT_MS, setTimeouts } from './server-timeouts.js';
import { boundStreams } from './slow-streams.js';

/** Fastify's own. */
const DEFAULT_KEEP_ALIVE_MS = 72_000;

/** What is cut off is so after it was said that the process is late: else all might end well, with an exit code of 0. */
const CUT_AFTER_MS = 20;

/** What the server around the routes does: how long clients may take, and how it ends. */
@Injectable()
export class ServerLife implements BeforeApplicationShutdown {
  readonly options: ResolvedServingOptions;
  private isHanded = false;
  private closing: GracefulClose | undefined;
  /** When the grace period ends, once it has begun. */
  private endsAt: number | undefined;
  /** Takes back that the process is to end, where a signal asks for it. */
  private disarm: (() => void) | undefined;

  constructor(
    readonly admission: Admission,
    private readonly state: ClosingState,
    @Optional() @Inject(SERVING_OPTIONS) options: ServingOptions = {},
    @Optional() private readonly runners?: RunnerRegistry,
  ) {
    this.options = resolveServingOptions(options);
  }

  /** To be called once for each server, before it listens. */
  prepare(adapter: FastifyAdapter, fastify: FastifyInstance): void {
    const { server } = fastify;
    const { preStopDelayMs, bodyIdleTimeoutMs: idleMs } = this.options;
    const { requestTimeoutMs: totalMs = DEFAULT_REQUEST_TIMEOUT_MS } = this.options;
    const connections = new OpenConnections(server);
    listenAtAllAddresses(fastify);
    setTimeouts(server, this.options);
    new IdleBodies(server, connections, idleMs).watch();
    boundStreams(server, { idleMs, totalMs });
    this.admission.watch(server);
    this.closing = new GracefulClose(server, connections);
    const preStop = new PreStop(server, preStopDelayMs);
    const beforeClose = adapter.beforeClose.bind(adapter);
    const close = adapter.close.bind(adapter);
    // The first step of a shutdown, which Nest awaits: no hook has taken anything away yet.
    Object.assign(adapter, {
      beforeClose: async () => {
        this.state.begin();
        const signal = await preStop.wait();
        this.endsAt = performance.now() + this.options.shutdownGraceMs;
        // Nest tells it after onModuleDestroy only, which may hang.
        if (signal !== undefined) {
          this.disarm = forceExitAfter(this.options.shutdownGraceMs, signal, preStop.signals);
        }
        beforeClose();
      },
      close: async () => {
        if (this.isHanded) await this.closing?.drain();
        await close();
        this.closing?.end();
        const isProcessEnding = this.disarm !== undefined || this.isHanded;
        // What a call that hangs keeps would use up the time of the hooks that follow.
        if (this.hasCut && isProcessEnding) this.runners?.endWithProcess();
      },
    });
  }

  /** To be called where another process accepts the connections of the server, and hands them over. */
  expectHanded(): void {
    this.isHanded = true;
  }

  /** Another server that passes requests to the same application has the same patience with its clients. */
  prepareOther(server: Server): void {
    // As Fastify makes its own.
    Object.assign(server, { requestTimeout: 0, keepAliveTimeout: DEFAULT_KEEP_ALIVE_MS });
    setTimeouts(server, this.options);
    new IdleBodies(server, new OpenConnections(server), this.options.bodyIdleTimeoutMs).watch();
    server.on('clientError', answerClientError);
  }

  /** Whether connections were cut when the grace period ended: what was in flight was not answered. */
  get hasCut(): boolean {
    return this.closing?.hasCut ?? false;
  }

  async beforeApplicationShutdown(signal?: string): Promise<void> {
    const { shutdownGraceMs } = this.options;
    // Closed by code, the process may go on when it has closed.
    if (signal === undefined) this.disarm?.();
    else this.disarm ??= forceExitAfter(shutdownGraceMs, signal);
    // Hooks of the application's own may have taken some of the time.
    const { endsAt = performance.now() + shutdownGraceMs } = this;
    await this.closing?.begin(Math.max(0, endsAt - performance.now()) + CUT_AFTER_MS);
  }
}
