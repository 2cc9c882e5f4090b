import { AsyncLocalStorage } from 'node:async_hooks';
import { unpackOrigins } from '../dispatch/call-origin.js';
import type { CallOrigin, WireOrigins } from '../dispatch/call-origin.js';

interface Running {
  /** Of the batch that runs now; of an embedded one, until its method returns. */
  origins?: WireOrigins | undefined;
  /** Of embedded batches that await something; made when the first does. */
  storage?: AsyncLocalStorage<WireOrigins>;
}

// The process's own: the user's file and the worker may have loaded two copies of this package.
const RUNNING = Symbol.for('bentonest.runnable.running');
const running = ((globalThis as { [RUNNING]?: Running })[RUNNING] ??= {});

/**
 * The requests that the running batch is for, as a Runnable's log lines may name them: each that made
 * its calls in an `@Api` method. Empty for calls that no request has made, and outside of a batch. In an
 * embedded runner, a method that is not `async` has them until it returns.
 *
 * @example
 * logger.info({ requests: currentCalls().map(({ requestId }) => requestId) }, 'slow path taken');
 */
export function currentCalls(): readonly CallOrigin[] {
  const origins = running.origins ?? running.storage?.getStore();
  return origins === undefined ? [] : unpackOrigins(origins);
}

/** Runs a batch in a process that runs one at a time. */
export async function runCalls<T>(
  origins: WireOrigins | undefined,
  run: () => Promise<T>,
): Promise<T> {
  running.origins = origins;
  try {
    return await run();
  } finally {
    running.origins = undefined;
  }
}

/** Runs a batch where others run meanwhile. */
export function runEmbeddedCalls<T>(
  origins: WireOrigins | undefined,
  { isAsync }: { readonly isAsync: boolean },
  run: () => T,
): T {
  if (origins === undefined) return run();
  if (isAsync) {
    running.storage ??= new AsyncLocalStorage();
    return running.storage.run(origins, run);
  }
  const { origins: outer } = running;
  running.origins = origins;
  try {
    return run();
  } finally {
    running.origins = outer;
  }
}
