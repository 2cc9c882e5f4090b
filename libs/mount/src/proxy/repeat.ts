import type { IncomingMessage } from 'node:http';
import { hasBody } from './exchange.js';
import { isInterim, isStale } from './exchange-error.js';

/** What may be done twice (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** A connection that was closed under a request is noticed at once: what took longer has been worked on. */
const AT_ONCE_MS = 1_000;

/**
 * Whether a request that got no answer is to be sent again. An application may close an idle connection at any
 * time, and whether it has read the request that was on its way then nobody knows. A body is read but once.
 *
 * @param ms how long it had been on its way
 */
export function mayRepeat(request: IncomingMessage, error: Error, ms: number): boolean {
  const { method = 'GET', readableDidRead } = request;
  const isHere = !readableDidRead && !hasBody(request);
  const isUndone = isStale(error) || isInterim(error.cause);
  return isUndone && ms < AT_ONCE_MS && IDEMPOTENT.has(method) && isHere;
}
