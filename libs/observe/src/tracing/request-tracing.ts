import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { BATCH_CHANNEL } from 'bentonest/runner';
import { REQUEST_CHANNEL, REQUEST_START_CHANNEL } from 'bentonest/serving';
import { createRouteMatcher } from '../route-matcher.js';
import { BatchSpans } from './batch-spans.js';
import type { Tracing } from './otel.js';
import { startOtlpExporter } from './export/otlp-exporter.js';
import type { OtlpExporter } from './export/otlp-exporter.js';
import { RequestSampling } from './request-sampling.js';
import { RequestSpans } from './request-spans.js';
import { SpanClock } from './span-clock.js';
import type { ResolvedTracingOptions } from './tracing.options.js';

/** Provides {@link ResolvedTracingOptions}. */
export const TRACING_OPTIONS = Symbol('bentonest.tracing-options');

/** Where the API of OpenTelemetry keeps what an application has registered, without loading it. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

/** Traces requests and batches, from the application's start to its end. */
@Injectable()
export class RequestTracing implements OnApplicationBootstrap, OnApplicationShutdown {
  private exporter: OtlpExporter | undefined;
  private unsubscribeAll = (): void => undefined;

  constructor(
    @Inject(TRACING_OPTIONS) private readonly options: ResolvedTracingOptions,
    private readonly application: ApplicationConfig,
    private readonly adapters: HttpAdapterHost,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const hasSdk = hasRegisteredSdk();
    if (this.options.exporter === 'none' && !hasSdk) return;
    const otel = await import('@opentelemetry/api');
    if (hasSdk) this.noteSdk();
    else this.exporter = await startOtlpExporter(otel, this.options);
    this.askPeers();
    this.follow({
      otel,
      tracer: otel.trace.getTracer('bentonest'),
      clock: new SpanClock(),
      contextManager: this.exporter?.contextManager,
      sampled: this.exporter?.sampled ?? ((context) => context),
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.unsubscribeAll();
    await this.exporter?.shutdown();
  }

  private noteSdk(): void {
    if (this.options.exporter === 'none') return;
    new Logger('Tracing').warn(
      "The application has registered an OpenTelemetry SDK, which gets the spans: tracing.exporter: 'otlp' is left aside.",
    );
  }

  /**
   * Node notes the peer's address on a socket when it is first asked for, which gives the sockets of traced
   * requests another shape than the rest: all that V8 had compiled for sockets is slower from then on.
   */
  private askPeers(): void {
    // None in the primary of several processes.
    const adapter = this.adapters.httpAdapter as AbstractHttpAdapter<Server> | undefined | null;
    for (const event of ['connection', 'secureConnection']) {
      adapter?.getHttpServer().on(event, (socket: Socket) => void socket.remoteAddress);
    }
  }

  private follow(tracing: Tracing): void {
    const { excludedUrls, sampleRate } = this.options;
    const isExcluded = createRouteMatcher(excludedUrls, this.application.getGlobalPrefix());
    const requests = new RequestSpans(
      tracing,
      new RequestSampling(tracing, sampleRate, isExcluded),
    );
    const batches = new BatchSpans(tracing);
    const listeners = [
      [REQUEST_START_CHANNEL, requests.begin],
      [REQUEST_CHANNEL, requests.end],
      [BATCH_CHANNEL, batches.record],
    ] as const;
    for (const [name, listener] of listeners) subscribe(name, listener);
    this.unsubscribeAll = () => {
      for (const [name, listener] of listeners) unsubscribe(name, listener);
    };
  }
}

function hasRegisteredSdk(): boolean {
  const { [REGISTERED]: registered } = globalThis as {
    readonly [REGISTERED]?: { readonly trace?: unknown };
  };
  return registered?.trace !== undefined;
}
