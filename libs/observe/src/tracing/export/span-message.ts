import type { Link, SpanContext } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

/** A span's context as a thread can be sent it: a `tracestate` is its text. */
type PlainContext = Omit<SpanContext, 'traceState'> & { readonly traceState?: string | undefined };
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
    links: span.links.map((link) => ({ ...link, context: toPlainContext(link.context) })),
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

function toPlainContext({ traceState, ...context }: SpanContext): PlainContext {
  return { ...context, traceState: traceState?.serialize() };
}

function toContext({ traceState, ...context }: PlainContext): SpanContext {
  return traceState === undefined ? context : { ...context, traceState: new SentState(traceState) };
}

/** Only written out again; nobody reads or changes single entries of it here. */
class SentState {
  constructor(private readonly text: string) {}

  serialize(): string {
    return this.text;
  }

  get(key: string): string | undefined {
    const entry = this.text.split(',').find((item) => item.startsWith(`${key}=`));
    return entry?.slice(key.length + 1);
  }

  set(): this {
    return this;
  }

  unset(): this {
    return this;
  }
}
