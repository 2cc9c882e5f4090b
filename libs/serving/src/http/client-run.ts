import type { EventEmitter } from 'node:events';
import { CallScope } from 'bentonest/runner';
import type { FastifyRequest } from 'fastify';
import { originOf } from './call-origin.js';
import type { ConcurrencyLimit } from './concurrency-limit.js';
import { RequestPlace } from './request-place.js';
import type { RequestTrace } from './request-trace.js';
import { traceOf } from './request-trace.js';

const SCOPES = Symbol('bentonest.scopes');

/** What ends when a client leaves. */
interface Abortable {
  abort(reason: unknown): void;
}

/** A client's connection, or its stream of an HTTP/2 connection. */
type Connection = EventEmitter & { [SCOPES]?: Set<Abortable>; readonly destroyed: boolean };

/**
 * What a method does for a request, from the call to its real end: its runner calls are aborted when the
 * client leaves, and it holds its places.
 */
export class ClientRun {
  readonly scope: CallScope;
  private readonly trace: RequestTrace | undefined;
  private readonly place: RequestPlace | undefined;
  private readonly scopes: Set<Abortable>;

  /** @param limit in which it counts already. */
  constructor(
    readonly request: FastifyRequest,
    private readonly limit: ConcurrencyLimit | undefined,
  ) {
    this.place = RequestPlace.of(request.raw);
    this.place?.hold();
    this.scopes = scopesOf(connectionOf(request));
    this.trace = traceOf(request.raw);
    this.scope = new CallScope(originOf(request, this.trace));
    this.scopes.add(this.scope);
  }

  /** Does a part of the work; where that is not async, until it returns. */
  enter<T>(work: () => T, isAsync: boolean): T {
    const { trace, scope } = this;
    const traced = trace === undefined ? work : () => trace.activate(work, isAsync);
    return isAsync ? scope.runAsync(traced) : scope.run(traced);
  }

  /** Calls `leave` when the client leaves. @returns what takes that back, true where it was still to come. */
  whenLeft(leave: () => void): () => boolean {
    const { scopes } = this;
    const leaving = { abort: leave };
    scopes.add(leaving);
    return () => scopes.delete(leaving);
  }

  end(): void {
    this.scopes.delete(this.scope);
    this.limit?.leave();
    this.place?.release();
  }
}

/** The connection by which a request came; of HTTP/2 its own stream. */
export function connectionOf({ raw }: FastifyRequest): Connection {
  const { stream } = raw as { readonly stream?: Connection };
  return stream ?? (raw.socket as Connection);
}

/** One listener for all requests of a connection. */
function scopesOf(connection: Connection): Set<Abortable> {
  const known = connection[SCOPES];
  if (known !== undefined) return known;
  const scopes = new Set<Abortable>();
  connection[SCOPES] = scopes;
  connection.once('close', () => {
    for (const scope of scopes) scope.abort(new Error('The client closed the connection.'));
  });
  return scopes;
}
