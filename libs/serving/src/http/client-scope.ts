import type { EventEmitter } from 'node:events';
import { CallScope } from 'bentonest/runner';
import type { FastifyRequest } from 'fastify';
import { ApiTimeoutError } from '../errors/serving.errors.js';

const SCOPES = Symbol('bentonest.scopes');

/** A client's connection, or its stream of an HTTP/2 connection. */
type Connection = EventEmitter & { [SCOPES]?: Set<CallScope>; readonly destroyed: boolean };

export interface Handling {
  readonly isAsync: boolean;
  readonly handle: () => unknown;
  readonly onSuccess: (request: FastifyRequest, result?: unknown) => void;
  /** Then the calls are aborted, and the handler fails. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Runs a handler so that the runner calls it makes are aborted when its client leaves. Of an async
 * handler these are all calls, of another those that it makes before it returns: following promises
 * costs every request of the process a twentieth of its time, and only async handlers call later.
 */
export function runForClient(
  request: FastifyRequest,
  { isAsync, handle, onSuccess, timeoutMs }: Handling,
): unknown {
  const scopes = scopesOf(connectionOf(request));
  const scope = new CallScope();
  scopes.add(scope);
  let result: unknown;
  try {
    result = isAsync ? scope.runAsync(handle) : scope.run(handle);
  } catch (error) {
    scopes.delete(scope);
    throw error;
  }
  const succeed = (value: unknown): unknown => {
    scopes.delete(scope);
    onSuccess(request, value);
    // Fastify would write the text null, and Nest an empty body for undefined.
    return value === null ? undefined : value;
  };
  if (!(result instanceof Promise)) return succeed(result);
  const settled = result.then(succeed, (error: unknown) => {
    scopes.delete(scope);
    throw error;
  });
  return timeoutMs === undefined ? settled : orTimeout(settled, timeoutMs, scope);
}

/**
 * Streams what a generator yields; the runner calls that it makes are aborted when its client leaves.
 * Of a generator that is not async too: Nest streams those that are.
 */
export async function* streamForClient(
  request: FastifyRequest,
  { handle, onSuccess }: Pick<Handling, 'handle' | 'onSuccess'>,
): AsyncGenerator {
  const scopes = scopesOf(connectionOf(request));
  const scope = new CallScope();
  scopes.add(scope);
  onSuccess(request);
  const items = handle() as Iterator<unknown> | AsyncIterator<unknown>;
  try {
    for (;;) {
      const { done, value } = await scope.runAsync(() => items.next());
      if (done === true) return;
      yield value;
    }
  } finally {
    scopes.delete(scope);
    await items.return?.();
  }
}

function orTimeout(
  settled: Promise<unknown>,
  timeoutMs: number,
  scope: CallScope,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const error = new ApiTimeoutError(timeoutMs);
      reject(error);
      scope.abort(error);
    }, timeoutMs);
    void settled.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

/** The connection by which a request came; of HTTP/2 its own stream. */
export function connectionOf({ raw }: FastifyRequest): Connection {
  const { stream } = raw as { readonly stream?: Connection };
  return stream ?? (raw.socket as Connection);
}

/** One listener for all requests of a connection. */
function scopesOf(connection: Connection): Set<CallScope> {
  const known = connection[SCOPES];
  if (known !== undefined) return known;
  const scopes = new Set<CallScope>();
  connection[SCOPES] = scopes;
  connection.once('close', () => {
    for (const scope of scopes) scope.abort(new Error('The client closed the connection.'));
  });
  return scopes;
}
