import type { CallOrigin } from 'bentonest/runner';
import type { FastifyRequest } from 'fastify';

/** Version 00 of the header, in W3C's words; what another version adds nobody here could read. */
const TRACEPARENT = /^00-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/** What the calls that a request makes say of it. Who traces puts its own traceparent into the headers. */
export function originOf({
  id: requestId,
  headers,
}: Pick<FastifyRequest, 'id' | 'headers'>): CallOrigin {
  const { traceparent } = headers;
  return typeof traceparent === 'string' && TRACEPARENT.test(traceparent)
    ? { requestId, traceparent }
    : { requestId };
}
