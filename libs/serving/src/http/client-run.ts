import { CallScope } from 'bentonest/runner';
import type { FastifyRequest } from 'fastify';
import { originOf } from './call-origin.js';
import { connectionOf, tellAtEnd } from './connection-end.js';
import type { ConcurrencyLimit } from './concurrency-limit.js';
import { RequestPlace } from './request-place.js';
import type { RequestTrace } from './request-trace.js';
import { traceOf } from './request-trace.js';

const SCOPES = Symbol('bentonest.scopes');

/** What ends when a client leaves. */
interface Abortable {
  abort(reason: unknown): void;
}

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
    this.trace = traceOf(request.raw);
    this.scope = new CallScope(originOf(request, this.trace));
    const connection = connectionOf(request.raw);
    this.scopes = tellAtEnd<Abortable>(connection, SCOPES, this.scope, abortForClient);
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

function abortForClient(scope: Abortable): void {
  scope.abort(new Error('The client closed the connection.'));
}
