import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Context } from '@opentelemetry/api';
import type { RouteInfo } from 'bentonest/serving';
import type { RouteMatcher } from '../route-matcher.js';
import type { Tracing } from './otel.js';

/** Decides which requests are recorded, before anything is made for them. */
export class RequestSampling {
  private readonly excluded = new Map<RouteInfo, boolean>();

  constructor(
    private readonly tracing: Tracing,
    private readonly sampleRate: number,
    private readonly matchesExcluded: RouteMatcher,
  ) {}

  /** The parent of the request's span; undefined for a request that is not recorded. */
  parentOf(request: IncomingMessage, route: RouteInfo): Context | undefined {
    const { contextManager } = this.tracing;
    // With our own SDK, a request without this header has no parent.
    if (contextManager !== undefined && request.headers.traceparent === undefined) {
      if (this.isChosen() && !this.isExcluded(route)) return this.rootContext;
      if (route.isMount) leaveOut(request);
      return undefined;
    }
    return this.isExcluded(route) ? undefined : this.extract(request, route);
  }

  private extract({ headers }: IncomingMessage, route: RouteInfo): Context | undefined {
    const { context, propagation, trace, ROOT_CONTEXT, TraceFlags } = this.tracing.otel;
    const active = context.active();
    // Another instrumentation of the application's has begun the request already.
    const found =
      trace.getSpan(active) === undefined ? propagation.extract(ROOT_CONTEXT, headers) : active;
    const parent = trace.getSpanContext(found);
    if (parent !== undefined && this.tracing.otel.isSpanContextValid(parent)) {
      return (parent.traceFlags & TraceFlags.SAMPLED) === 0 ? undefined : found;
    }
    if (this.isChosen()) return this.tracing.sampled(found);
    if (route.isMount) leaveOut({ headers });
    return undefined;
  }

  private get rootContext(): Context {
    return this.tracing.sampled(this.tracing.otel.ROOT_CONTEXT);
  }

  private isChosen(): boolean {
    const { sampleRate } = this;
    return sampleRate === 1 || Math.random() < sampleRate;
  }

  private isExcluded(route: RouteInfo): boolean {
    let isExcluded = this.excluded.get(route);
    if (isExcluded === undefined) {
      isExcluded = this.matchesExcluded(route.endpoint);
      this.excluded.set(route, isExcluded);
    }
    return isExcluded;
  }
}

/** A mounted application that traces is told that this request was not chosen, or it would choose anew. */
function leaveOut({ headers }: Pick<IncomingMessage, 'headers'>): void {
  const ids = randomBytes(24).toString('hex');
  headers.traceparent = `00-${ids.slice(0, 32)}-${ids.slice(32)}-00`;
}
