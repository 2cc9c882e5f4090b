import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context, ContextManager } from '@opentelemetry/api';

/** The mark of the SDK (@opentelemetry/core) for its own exports, which come every few seconds. */
const SUPPRESSED = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/**
 * What OpenTelemetry's own does for functions, and a way without an AsyncLocalStorage: it makes every
 * promise of the process a little slower from its first use on, which one traced request in a hundred
 * would do to all others.
 */
export class RequestContextManager implements ContextManager {
  private readonly storage = new AsyncLocalStorage<Context>();
  /** Of the function that is running now, until it returns. */
  private current: Context | undefined;

  constructor(private readonly root: Context) {}

  active(): Context {
    return this.current ?? this.storage.getStore() ?? this.root;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    run: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    // Nothing that an export does is traced here, so nothing of it needs to be followed.
    if (context.getValue(SUPPRESSED) === true) {
      return this.withUntilReturn(context, () => run.call(self as never, ...args));
    }
    const { current: outer } = this;
    this.current = undefined;
    try {
      return this.storage.run(context, () => run.call(self as never, ...args));
    } finally {
      this.current = outer;
    }
  }

  /** Of a function that is not `async`: what it awaits by other means is not followed. */
  withUntilReturn<T>(context: Context, run: () => T): T {
    const { current: outer } = this;
    this.current = context;
    try {
      return run();
    } finally {
      this.current = outer;
    }
  }

  bind<T>(context: Context, target: T): T {
    if (typeof target !== 'function') return target;
    const run = target as unknown as (...args: unknown[]) => unknown;
    return ((...args: unknown[]): unknown =>
      this.with(context, () => run(...args))) as unknown as T;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.storage.disable();
    return this;
  }
}
