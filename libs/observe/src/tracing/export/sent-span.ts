// In the thread only: the server loads nothing of OpenTelemetry where nothing is traced.
import { createTraceState } from '@opentelemetry/api';
import type { SpanContext } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { PlainContext, PlainSpan } from './span-message.js';

/** A span as the exporter takes it, from what was sent. */
export function toReadableSpan(plain: PlainSpan, resource: Resource): ReadableSpan {
  const { context, parentContext, links, ...rest } = plain;
  const spanContext = toContext(context);
  return {
    ...rest,
    spanContext: () => spanContext,
    ...(parentContext === undefined ? {} : { parentSpanContext: toContext(parentContext) }),
    links: links.map((link) => ({ ...link, context: toContext(link.context) })),
    resource,
  };
}

function toContext({ traceState, ...context }: PlainContext): SpanContext {
  return traceState === undefined
    ? context
    : { ...context, traceState: createTraceState(traceState) };
}
