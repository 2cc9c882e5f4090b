import type { Link, SpanContext } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

/** A span's context as a thread can be sent it: a `tracestate` is its text. */
export type PlainContext = Omit<SpanContext, 'traceState'> & {
  readonly traceState: string | undefined;
};
type PlainLink = Omit<Link, 'context'> & { readonly context: PlainContext };

/** A span as a thread can be sent it: without methods, and without the resource, which all share. */
export interface PlainSpan extends Omit<
  ReadableSpan,
  'spanContext' | 'parentSpanContext' | 'links' | 'resource'
> {
  readonly context: PlainContext;
  readonly parentContext: PlainContext | undefined;
  readonly links: readonly PlainLink[];
}

// Property by property, here and in sent-span.ts: a rest of an object is a dictionary to V8, of which each
// load goes through its runtime (--log-ic). With one request in a hundred traced, that took the exports' thread
// 3 us of every request.
export function toPlainSpan(span: ReadableSpan): PlainSpan {
  const { parentSpanContext: parent, instrumentationScope: scope } = span;
  return {
    name: span.name,
    kind: span.kind,
    context: toPlainContext(span.spanContext()),
    parentContext: parent && toPlainContext(parent),
    startTime: span.startTime,
    endTime: span.endTime,
    duration: span.duration,
    ended: span.ended,
    status: span.status,
    attributes: span.attributes,
    links: span.links.map((link) => toPlainLink(link)),
    events: span.events,
    instrumentationScope: {
      name: scope.name,
      ...(scope.version === undefined ? {} : { version: scope.version }),
      ...(scope.schemaUrl === undefined ? {} : { schemaUrl: scope.schemaUrl }),
    },
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
}

function toPlainLink({ context, attributes, droppedAttributesCount }: Link): PlainLink {
  return {
    context: toPlainContext(context),
    ...(attributes === undefined ? {} : { attributes }),
    ...(droppedAttributesCount === undefined ? {} : { droppedAttributesCount }),
  };
}

function toPlainContext({
  traceId,
  spanId,
  traceFlags,
  isRemote,
  traceState,
}: SpanContext): PlainContext {
  return {
    traceId,
    spanId,
    traceFlags,
    ...(isRemote === undefined ? {} : { isRemote }),
    traceState: traceState?.serialize(),
  };
}
