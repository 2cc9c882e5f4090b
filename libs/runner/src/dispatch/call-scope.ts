import { AsyncLocalStorage } from 'node:async_hooks';
import type { CallOrigin } from './call-origin.js';
import type { Call } from './call.js';

/** The scope of the function that is running now, until it returns. */
const running: { scope?: CallScope | undefined } = {};
/** Made when it is first needed: it makes every promise of the process a little slower. */
let storage: AsyncLocalStorage<CallScope> | undefined;

/**
 * The calls that one request makes, so that they can be aborted together when its client leaves.
 * A call joins the scope in which it is made.
 */
export class CallScope {
  private readonly calls = new Map<Call, (call: Call, reason: unknown) => void>();
  private aborted: { readonly reason: unknown } | undefined;

  /** @param origin the request, which its calls take with them into the worker. */
  constructor(readonly origin?: CallOrigin) {}

  /** The scope of the function that is running now. */
  static get current(): CallScope | undefined {
    return running.scope ?? storage?.getStore();
  }

  get isAborted(): boolean {
    return this.aborted !== undefined;
  }

  get reason(): unknown {
    return this.aborted?.reason;
  }

  /** Runs `fn` in this scope, until it returns: calls made after its first `await` are not in it. */
  run<T>(fn: () => T): T {
    const { scope: outer } = running;
    running.scope = this;
    try {
      return fn();
    } finally {
      running.scope = outer;
    }
  }

  /** Runs `fn` and all that it awaits in this scope. */
  runAsync<T>(fn: () => T): T {
    storage ??= new AsyncLocalStorage();
    return storage.run(this, fn);
  }

  add(call: Call, abort: (call: Call, reason: unknown) => void): void {
    call.scope = this;
    call.origin = this.origin;
    this.calls.set(call, abort);
  }

  delete(call: Call): void {
    this.calls.delete(call);
  }

  /** Aborts what waits or runs; calls made from now on are refused. */
  abort(reason: unknown): void {
    this.aborted = { reason };
    for (const [call, abort] of this.calls) abort(call, reason);
  }
}
