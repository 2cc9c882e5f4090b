import type { Context, SpanContext } from '@opentelemetry/api';
import type { BatchEvent } from 'bentonest/runner';
import { sampledSpanOf } from './otel.js';
import type { Tracing } from './otel.js';

interface SampledCall {
  readonly request: SpanContext;
  readonly durationMs: number;
}

/**
 * Makes the spans of batches from the runners' events: one of each batch that has a recorded request in
 * it, below the first of them and with links to all; below it the worker's; and each call's wait.
 */
export class BatchSpans {
  constructor(private readonly tracing: Tracing) {}

  readonly record = (message: unknown): void => {
    const event = message as BatchEvent;
    const calls = sampledCallsOf(event);
    const [first] = calls;
    if (first === undefined) return;
    const batch = this.addBatch(event, this.below(first.request), linksTo(calls));
    for (const call of calls) this.addWait(event, call, batch);
  };

  private addBatch(event: BatchEvent, parent: Context, links: readonly SpanContext[]): SpanContext {
    const { otel, tracer, clock } = this.tracing;
    const { endedAt, runMs, statusCode, calls, rows } = event;
    const span = tracer.startSpan(
      'batch',
      {
        startTime: clock.at(endedAt - runMs),
        attributes: {
          'bentonest.runner': event.runner,
          'bentonest.method': event.method,
          'bentonest.batch.calls': calls,
          'bentonest.batch.rows': rows,
        },
        links: links.map((context) => ({ context })),
      },
      parent,
    );
    if (statusCode >= 500) span.setStatus({ code: otel.SpanStatusCode.ERROR });
    this.addInference(event, otel.trace.setSpan(parent, span));
    span.end(clock.at(endedAt));
    return span.spanContext();
  }

  /** The worker tells how long it took; it ended when its answer came. */
  private addInference(event: BatchEvent, parent: Context): void {
    const { worker, endedAt, runMs } = event;
    if (worker === undefined) return;
    const { tracer, clock } = this.tracing;
    const startTime = clock.at(endedAt - Math.min(worker.runMs, runMs));
    const { runner, method } = event;
    const attributes = {
      'bentonest.runner': runner,
      'bentonest.method': method,
      'process.pid': worker.pid,
    };
    const span = tracer.startSpan('inference', { startTime, attributes }, parent);
    span.end(clock.at(endedAt));
  }

  private addWait(
    event: BatchEvent,
    { request, durationMs }: SampledCall,
    batch: SpanContext,
  ): void {
    const { tracer, clock } = this.tracing;
    const { endedAt, runMs } = event;
    const startedAt = endedAt - durationMs;
    const startTime = clock.at(startedAt);
    const options = { startTime, attributes: namesOf(event), links: [{ context: batch }] };
    const span = tracer.startSpan('queue', options, this.below(request));
    span.end(clock.at(Math.max(startedAt, endedAt - runMs)));
  }

  private below(request: SpanContext): Context {
    const { trace, ROOT_CONTEXT } = this.tracing.otel;
    return trace.setSpanContext(ROOT_CONTEXT, request);
  }
}

function namesOf({ runner, method }: BatchEvent): Record<string, string> {
  return { 'bentonest.runner': runner, 'bentonest.method': method };
}

const NONE: readonly SampledCall[] = [];

function sampledCallsOf({ origins, durationsMs }: BatchEvent): readonly SampledCall[] {
  let calls: SampledCall[] | undefined;
  for (let call = 0; call < origins.length; call++) {
    const request = sampledSpanOf(origins[call]?.traceparent);
    if (request !== undefined) (calls ??= []).push({ request, durationMs: durationsMs[call] });
  }
  return calls ?? NONE;
}

/** Each request once, whatever number of its calls are in the batch. */
function linksTo(calls: readonly SampledCall[]): readonly SpanContext[] {
  return [...new Map(calls.map(({ request }) => [request.spanId, request])).values()];
}
