import type { CallOrigin } from 'bentonest/runner';
import type { FastifyRequest } from 'fastify';
import type { RequestTrace } from './request-trace.js';

/** Version 00 of the header, in W3C's words; what another version adds nobody here could read. */
const TRACEPARENT = /^00-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/** What the calls that a request makes say of it: where it is not traced here, what its client said. */
export function originOf(
  { id: requestId, headers }: Pick<FastifyRequest, 'id' | 'headers'>,
  trace?: RequestTrace,
): CallOrigin {
  if (trace !== undefined) return { requestId, traceparent: trace.traceparent };
  const { traceparent } = headers;
  return typeof traceparent === 'string' && TRACEPARENT.test(traceparent)
    ? { requestId, traceparent }
    : // Of the same shape: batches of both kinds would be slower by and by.
      { requestId, traceparent: undefined };
}
