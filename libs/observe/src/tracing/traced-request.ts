import type { IncomingMessage } from 'node:http';
import type { Context, Span } from '@opentelemetry/api';
import type { RequestEvent, RequestTrace, RouteInfo } from 'bentonest/serving';
import { resultOf, spanNameOf } from './http-attributes.js';
import { markFailed, toTraceparent } from './otel.js';
import type { Tracing } from './otel.js';

/** A request that is recorded: its span, and those of its parts. */
export class TracedRequest implements RequestTrace {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceparent: string;
  private readonly context: Context;
  /** While the request is with a mounted application. */
  private mounted: { readonly span: Span; readonly context: Context } | undefined;

  constructor(
    private readonly tracing: Tracing,
    private readonly span: Span,
    parent: Context,
  ) {
    const spanContext = span.spanContext();
    this.traceId = spanContext.traceId;
    this.spanId = spanContext.spanId;
    this.traceparent = toTraceparent(spanContext);
    this.context = tracing.otel.trace.setSpan(parent, span);
  }

  measure<T>(part: string, work: () => T): T {
    const { tracer, clock } = this.tracing;
    const span = tracer.startSpan(part, { startTime: clock.now() }, this.context);
    const fail = (error: unknown): never => {
      markFailed(this.tracing, span, error);
      span.end(clock.now());
      throw error;
    };
    let result: T;
    try {
      result = work();
    } catch (error) {
      return fail(error);
    }
    if (!(result instanceof Promise)) {
      span.end(clock.now());
      return result;
    }
    return result.then((value: unknown) => {
      span.end(clock.now());
      return value;
    }, fail) as T;
  }

  activate<T>(handler: () => T, isAsync: boolean): T {
    const { contextManager, otel } = this.tracing;
    const context = this.mounted?.context ?? this.context;
    if (isAsync || contextManager === undefined) return otel.context.with(context, handler);
    return contextManager.withUntilReturn(context, handler);
  }

  /** The request goes on to a mounted application, for which the mount's span is the parent. */
  enterMount(request: IncomingMessage, { endpoint }: RouteInfo): void {
    const { otel, tracer, clock } = this.tracing;
    const options = { startTime: clock.now(), attributes: { 'bentonest.mount': endpoint } };
    const span = tracer.startSpan('mount', options, this.context);
    const context = otel.trace.setSpan(this.context, span);
    this.mounted = { span, context };
    otel.propagation.inject(context, request.headers);
  }

  /** Or it has come back from there. */
  leaveMount(): void {
    this.mounted?.span.end(this.tracing.clock.now());
    this.mounted = undefined;
  }

  end(event: RequestEvent): void {
    const { span, tracing } = this;
    this.leaveMount();
    // It may have passed a mount on its way to its route.
    span.updateName(spanNameOf(event.request, event.route));
    span.setAttributes(resultOf(event));
    if (event.statusCode >= 500) span.setStatus({ code: tracing.otel.SpanStatusCode.ERROR });
    span.end(tracing.clock.now());
  }
}
