// In the thread only: the server loads nothing of OpenTelemetry where nothing is traced.
import { createTraceState } from '@opentelemetry/api';
import type { Link, SpanContext } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { PlainContext, PlainSpan } from './span-message.js';

/** A span as the exporter takes it, from what was sent. */
export function toReadableSpan(plain: PlainSpan, resource: Resource): ReadableSpan {
  const { parentContext: parent } = plain;
  const spanContext = toContext(plain.context);
  return {
    name: plain.name,
    kind: plain.kind,
    spanContext: () => spanContext,
    ...(parent === undefined ? {} : { parentSpanContext: toContext(parent) }),
    startTime: plain.startTime,
    endTime: plain.endTime,
    duration: plain.duration,
    ended: plain.ended,
    status: plain.status,
    attributes: plain.attributes,
    links: plain.links.map((link) => toLink(link)),
    events: plain.events,
    resource,
    instrumentationScope: plain.instrumentationScope,
    droppedAttributesCount: plain.droppedAttributesCount,
    droppedEventsCount: plain.droppedEventsCount,
    droppedLinksCount: plain.droppedLinksCount,
  };
}

function toLink({ context, attributes, droppedAttributesCount }: PlainSpan['links'][number]): Link {
  return {
    context: toContext(context),
    ...(attributes === undefined ? {} : { attributes }),
    ...(droppedAttributesCount === undefined ? {} : { droppedAttributesCount }),
  };
}

function toContext(plain: PlainContext): SpanContext {
  const { traceId, spanId, traceFlags, isRemote, traceState } = plain;
  return {
    traceId,
    spanId,
    traceFlags,
    ...(isRemote === undefined ? {} : { isRemote }),
    ...(traceState === undefined ? {} : { traceState: createTraceState(traceState) }),
  };
}
