import { Readable, finished } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { FileUpload } from 'bentonest/io';
import type { FastifyRequest } from 'fastify';
import { ApiTimeoutError } from '../errors/serving.errors.js';
import { ClientRun } from './client-run.js';
import type { ConcurrencyLimit } from './concurrency-limit.js';
import { orTimeout, timeoutOf } from './method-timeout.js';
import { isObservable, observeForClient } from './observe-for-client.js';

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
  const { isAsync, onSuccess, limit } = options;
  limit?.enter();
  const run = new ClientRun(request, limit);
  let result: unknown;
  try {
    result = run.enter(handle, isAsync);
  } catch (error) {
    run.end();
    throw error;
  }
  const succeed = (value: unknown): unknown => {
    if (isObservable(value)) return observeForClient(value, run, options);
    const stream = limit === undefined ? undefined : streamOf(value);
    if (stream === undefined) run.end();
    else endWith(stream, run);
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
    run.end();
    throw error;
  });
  const timeoutMs = timeoutOf(request, options.timeoutMs);
  return timeoutMs === undefined ? settled : orTimeout(settled, run, timeoutMs);
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
  const timeoutMs = timeoutOf(request, options.timeoutMs);
  // Only here, when it is read: what ends before has no end that could be told.
  if (start === 'anew') limit?.enter();
  else limit?.resume();
  const run = new ClientRun(request, limit);
  onStream(request);
  const items = run.enter(handle, true) as Items;
  const next = async (): Promise<IteratorResult<unknown>> => run.enter(() => items.next(), true);
  let hasTimedOut = false;
  try {
    const first = next();
    const begun = timeoutMs === undefined ? first : orTimeout(first, run, timeoutMs);
    let item = await begun.catch((error: unknown) => {
      hasTimedOut = error instanceof ApiTimeoutError;
      throw error;
    });
    while (item.done !== true) {
      yield encodeItem === undefined ? item.value : await encodeItem(item.value);
      item = await next();
    }
  } finally {
    const ended = endItems(items).finally(() => run.end());
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

/** What is sent as it comes. */
function streamOf(value: unknown): Readable | undefined {
  if (value instanceof StreamableFile) return value.getStream();
  if (value instanceof FileUpload) return value.stream;
  return value instanceof Readable ? value : undefined;
}

/** Ends a run once, when its stream has ended or its client has left: nobody may read it then. */
function endWith(stream: Readable, run: ClientRun): void {
  const finish = (): void => {
    if (stay()) run.end();
  };
  const stay = run.whenLeft(finish);
  finished(stream, finish);
}
