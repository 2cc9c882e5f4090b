import type { Server } from 'node:http';
import type { RawServerBase } from 'fastify';
import type { ResolvedServingOptions } from '../serving.options.js';

/** How often Node looks for requests that are late, in milliseconds: its own default is 30 s. */
const CHECK_MS = 1000;
export const DEFAULT_REQUEST_TIMEOUT_MS = 300_000;
const DEFAULT_HEADERS_TIMEOUT_MS = 10_000;
const NODE_DEFAULT_HEADERS_TIMEOUT_MS = 60_000;

/** What Node reads when a server begins to listen, and the types do not name. */
type TimedServer = Server & { connectionsCheckingInterval?: number };

/** Sets how long clients may take. A time that the application gave to its FastifyAdapter stays. */
export function setTimeouts(server: RawServerBase, options: ResolvedServingOptions): void {
  // HTTP/2 has other ways.
  if (!('headersTimeout' in server)) return;
  const timed = server as TimedServer;
  const { requestTimeoutMs, headersTimeoutMs, keepAliveTimeoutMs } = options;
  const { requestTimeout, headersTimeout } = timed;
  // What Fastify makes of none.
  const ofAdapter = requestTimeout === 0 ? DEFAULT_REQUEST_TIMEOUT_MS : requestTimeout;
  timed.requestTimeout = requestTimeoutMs ?? ofAdapter;
  const isDefault = headersTimeout === NODE_DEFAULT_HEADERS_TIMEOUT_MS;
  timed.headersTimeout =
    headersTimeoutMs ?? (isDefault ? DEFAULT_HEADERS_TIMEOUT_MS : headersTimeout);
  timed.connectionsCheckingInterval = CHECK_MS;
  if (keepAliveTimeoutMs !== undefined) timed.keepAliveTimeout = keepAliveTimeoutMs;
}
