import type { Context, Span, SpanContext, Tracer } from '@opentelemetry/api';
import type { RequestContextManager } from './context-manager.js';
import type { SpanClock } from './span-clock.js';

/** The API, which is loaded where something is traced only. */
export type OtelApi = typeof import('@opentelemetry/api');

/** What makes spans. */
export interface Tracing {
  readonly otel: OtelApi;
  readonly tracer: Tracer;
  readonly clock: SpanClock;
  /** Ours; undefined where the application has registered an SDK of its own. */
  readonly contextManager: RequestContextManager | undefined;
  /** Marks a trace that begins here as sampled, for a sampler of ours. */
  readonly sampled: (context: Context) => Context;
}

/** W3C's `traceparent` of a span. */
export function toTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** The span that a `traceparent` of ours names, where it is sampled. */
export function sampledSpanOf(traceparent: string | undefined): SpanContext | undefined {
  if (traceparent === undefined) return undefined;
  const traceFlags = Number.parseInt(traceparent.slice(53, 55), 16);
  if ((traceFlags & 1) === 0) return undefined;
  return { traceId: traceparent.slice(3, 35), spanId: traceparent.slice(36, 52), traceFlags };
}

/** A span that the server's own failure ended. */
export function markFailed({ otel }: Tracing, span: Span, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  span.setStatus({ code: otel.SpanStatusCode.ERROR, message });
}
