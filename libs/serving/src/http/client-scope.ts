import type { EventEmitter } from 'node:events';
import { Readable, finished } from 'node:stream';
import { HttpException, StreamableFile } from '@nestjs/common';
import { FileUpload } from 'bentonest/io';
import { CallScope } from 'bentonest/runner';
import type { FastifyRequest } from 'fastify';
import { Observable } from 'rxjs';
import type { Unsubscribable } from 'rxjs';
import { originOf } from './call-origin.js';
import { ApiTimeoutError } from '../errors/serving.errors.js';
import type { ConcurrencyLimit } from './concurrency-limit.js';
import { RequestPlace } from './request-place.js';
import { recordOf } from './request-record.js';
import { traceOf } from './request-trace.js';

const SCOPES = Symbol('bentonest.scopes');

/** What ends when a client leaves. */
interface Abortable {
  abort(reason: unknown): void;
}

/** A client's connection, or its stream of an HTTP/2 connection. */
type Connection = EventEmitter & { [SCOPES]?: Set<Abortable>; readonly destroyed: boolean };

/** How a method is run. */
export interface RunOptions {
  readonly isAsync: boolean;
  /** What an Observable gives is sent as it comes (`@Sse`). */
  readonly isStream: boolean;
  readonly onSuccess: (request: FastifyRequest, result: unknown) => void;
  /** What is streamed in the place of an item that a generator yields. */
  readonly encodeItem?: ((item: unknown) => unknown) | undefined;
  /** Called before the first item of a stream. */
  readonly onStream: (request: FastifyRequest) => void;
  /** Then the calls are aborted, and the run fails; a stream must have begun by then. */
  readonly timeoutMs?: number | undefined;
  readonly limit?: ConcurrencyLimit | undefined;
}

/** One run of a method for a request. */
export interface Run {
  readonly request: FastifyRequest;
  readonly handle: () => unknown;
}

type Items = Iterator<unknown> | AsyncIterator<unknown>;

/**
 * Runs a handler so that the runner calls it makes are aborted when its client leaves. Of an async
 * handler these are all calls, of another those that it makes before it returns: following promises
 * costs every request of the process a twentieth of its time, and only async handlers call later.
 */
export function runForClient({ request, handle }: Run, options: RunOptions): unknown {
  const { isAsync, isStream, onSuccess, limit } = options;
  limit?.enter();
  const place = RequestPlace.of(request.raw);
  place?.hold();
  const scopes = scopesOf(connectionOf(request));
  const trace = traceOf(request.raw);
  const scope = new CallScope(originOf(request, trace));
  scopes.add(scope);
  const end = (): void => {
    scopes.delete(scope);
    limit?.leave();
    place?.release();
  };
  let result: unknown;
  try {
    const work = trace === undefined ? handle : () => trace.activate(handle, isAsync);
    result = isAsync ? scope.runAsync(work) : scope.run(work);
  } catch (error) {
    end();
    throw error;
  }
  const timeoutMs = timeoutOf(request, options);
  const succeed = (value: unknown): unknown => {
    if (isObservable(value)) {
      const enter = (work: () => Unsubscribable): Unsubscribable =>
        scope.runAsync(trace === undefined ? work : () => trace.activate(work, true));
      const timed = { request, scope, timeoutMs };
      return observeForClient(value, { enter, timed, scopes, end, onSuccess, isStream });
    }
    const stream = limit === undefined ? undefined : streamOf(value);
    if (stream === undefined) end();
    else endWith(stream, scopes, end);
    // Fastify would write the text null, and Nest an empty body for undefined.
    if (value === null) value = undefined;
    if (isGenerator(value)) {
      return streamForClient({ request, handle: () => value }, options, 'goes on');
    }
    onSuccess(request, value);
    return value;
  };
  if (!(result instanceof Promise)) return succeed(result);
  const settled = result.then(succeed, (error: unknown) => {
    end();
    throw error;
  });
  return timeoutMs === undefined ? settled : orTimeout(settled, { request, scope, timeoutMs });
}

interface Observed {
  readonly enter: (work: () => Unsubscribable) => Unsubscribable;
  readonly timed: Omit<Timed, 'timeoutMs'> & { readonly timeoutMs: number | undefined };
  readonly scopes: Set<Abortable>;
  readonly end: () => void;
  readonly onSuccess: RunOptions['onSuccess'];
  readonly isStream: boolean;
}

/**
 * What an Observable does for a client, it does in the client's scope, and holds its places until it ends.
 * It is left when the client leaves or its time is over: of a stream of events, the time of the first.
 */
function observeForClient(source: Observable<unknown>, observed: Observed): Observable<unknown> {
  const { enter, timed, scopes, end, onSuccess, isStream } = observed;
  const { request, timeoutMs } = timed;
  return new Observable((subscriber) => {
    const fail = (error: unknown): void => subscriber.error(error);
    const timer = timeoutMs === undefined ? undefined : startTimer({ ...timed, timeoutMs }, fail);
    const leaving = { abort: () => fail(new HttpException('The client left.', 499)) };
    scopes.add(leaving);
    subscriber.add(() => {
      clearTimeout(timer);
      scopes.delete(leaving);
      end();
    });
    const next = (value: unknown): void => {
      if (isStream) clearTimeout(timer);
      onSuccess(request, value);
      subscriber.next(value);
    };
    const complete = (): void => subscriber.complete();
    subscriber.add(enter(() => source.subscribe({ next, error: fail, complete })));
  });
}

/**
 * Streams what a generator yields; the runner calls that it makes are aborted when its client leaves.
 * Of a generator that is not async too: Nest streams those that are.
 */
export async function* streamForClient(
  { request, handle }: Run,
  options: RunOptions,
  start: 'anew' | 'goes on' = 'anew',
): AsyncGenerator {
  const { onStream, encodeItem, limit } = options;
  const timeoutMs = timeoutOf(request, options);
  // Only here, when it is read: what ends before has no end that could be told.
  if (start === 'anew') limit?.enter();
  else limit?.resume();
  const place = RequestPlace.of(request.raw);
  place?.hold();
  const scopes = scopesOf(connectionOf(request));
  const trace = traceOf(request.raw);
  const scope = new CallScope(originOf(request, trace));
  scopes.add(scope);
  onStream(request);
  const enter = <T>(work: () => T): T =>
    scope.runAsync(trace === undefined ? work : () => trace.activate(work, true));
  const items = enter(handle) as Items;
  const next = async (): Promise<IteratorResult<unknown>> => enter(() => items.next());
  let hasTimedOut = false;
  try {
    const first = next();
    const begun = timeoutMs === undefined ? first : orTimeout(first, { request, scope, timeoutMs });
    let item = await begun.catch((error: unknown) => {
      hasTimedOut = error instanceof ApiTimeoutError;
      throw error;
    });
    while (item.done !== true) {
      yield encodeItem === undefined ? item.value : await encodeItem(item.value);
      item = await next();
    }
  } finally {
    const ended = endItems(items).finally(() => {
      scopes.delete(scope);
      limit?.leave();
      place?.release();
    });
    // A generator ends no sooner than what it waits for: its client has been answered.
    if (hasTimedOut) void ended.catch(() => undefined);
    else await ended;
  }
}

async function endItems(items: Items): Promise<void> {
  await items.return?.();
}

/** Iterators of the language's own generators, of which Nest takes only the async ones for streams. */
function isGenerator(value: unknown): value is Items {
  if (typeof value !== 'object' || value === null) return false;
  const { [Symbol.toStringTag]: tag } = value as { readonly [Symbol.toStringTag]?: string };
  return tag === 'Generator' || tag === 'AsyncGenerator';
}

/** Of whichever copy of rxjs, as Nest decides it. */
function isObservable(value: unknown): value is Observable<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const { lift, subscribe } = value as Partial<Record<string, unknown>>;
  return typeof subscribe === 'function' && typeof lift === 'function';
}

/** What is sent as it comes. */
function streamOf(value: unknown): Readable | undefined {
  if (value instanceof StreamableFile) return value.getStream();
  if (value instanceof FileUpload) return value.stream;
  return value instanceof Readable ? value : undefined;
}

/** Calls `end` once, when a stream has ended or its client has left: nobody may read it then. */
function endWith(stream: Readable, scopes: Set<Abortable>, end: () => void): void {
  const ending = { abort: () => finish() };
  const finish = (): void => {
    if (scopes.delete(ending)) end();
  };
  scopes.add(ending);
  finished(stream, finish);
}

interface Timed {
  readonly request: FastifyRequest;
  readonly scope: CallScope;
  readonly timeoutMs: number;
}

function startTimer(
  { request, scope, timeoutMs }: Timed,
  fail: (error: Error) => void,
): NodeJS.Timeout {
  return setTimeout(() => {
    const error = new ApiTimeoutError(timeoutMs);
    fail(error);
    scope.abort(error);
    recordOf(request.raw).onTimeout?.(error);
  }, timeoutMs);
}

function orTimeout<T>(settled: Promise<T>, timed: Timed): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = startTimer(timed, reject);
    void settled.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

/** The time of a method that has none of its own. */
export function setDefaultTimeout(request: FastifyRequest, timeoutMs: number): void {
  recordOf(request.raw).timeoutMs = timeoutMs;
}

function timeoutOf(request: FastifyRequest, { timeoutMs }: RunOptions): number | undefined {
  return timeoutMs ?? recordOf(request.raw).timeoutMs;
}

/** Calls `listener` when the method that a request is for has run out of time. */
export function onTimeout(request: FastifyRequest, listener: (error: Error) => void): void {
  recordOf(request.raw).onTimeout = listener;
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
