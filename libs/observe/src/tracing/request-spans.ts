import type { Context } from '@opentelemetry/api';
import { traceOf, traceRequest } from 'bentonest/serving';
import type { RequestEvent, RequestStartEvent } from 'bentonest/serving';
import { attributesOf, spanNameOf } from './http-attributes.js';
import type { Tracing } from './otel.js';
import type { RequestSampling } from './request-sampling.js';
import { TracedRequest } from './traced-request.js';

/** Makes the spans of requests and mounts from the serving layer's events. */
export class RequestSpans {
  constructor(
    private readonly tracing: Tracing,
    private readonly sampling: RequestSampling,
  ) {}

  readonly begin = (message: unknown): void => {
    const event = message as RequestStartEvent;
    const { request, route } = event;
    const known = traceOf(request);
    const traced = known instanceof TracedRequest ? known : this.trace(event);
    if (traced === undefined) return;
    traced.leaveMount();
    if (route.isMount) traced.enterMount(request, route);
  };

  readonly end = (message: unknown): void => {
    const event = message as RequestEvent;
    const known = traceOf(event.request);
    if (known instanceof TracedRequest) known.end(event);
    // No start is told of what no route matched.
    else if (event.route.endpoint === '') this.trace(event, event.durationMs)?.end(event);
  };

  private trace(event: RequestStartEvent, sinceMs = 0): TracedRequest | undefined {
    const { request, route } = event;
    const parent = this.sampling.parentOf(request, route);
    return parent === undefined ? undefined : this.start(event, parent, sinceMs);
  }

  private start(
    event: RequestStartEvent,
    parent: Context,
    sinceMs: number,
  ): TracedRequest | undefined {
    const { otel, tracer, clock } = this.tracing;
    const { request, route } = event;
    const span = tracer.startSpan(
      spanNameOf(request, route),
      {
        kind: otel.SpanKind.SERVER,
        startTime: clock.at(performance.now() - sinceMs),
        attributes: attributesOf(event),
      },
      parent,
    );
    // A sampler of the application's own has the last word.
    if (!span.isRecording()) return undefined;
    const traced = new TracedRequest(this.tracing, span, parent);
    traceRequest(request, traced);
    return traced;
  }
}
