/** Options common to every {@link BentoError}. */
export interface BentoErrorOptions {
  /** Public, JSON-serialisable facts about the error: no paths, no stack, no internals. */
  details?: Readonly<Record<string, unknown>>;
  /** When a client may try again, in milliseconds: the Retry-After header of the answer. */
  retryAfterMs?: number;
  /** What raised it; goes to the log only, never to a client. */
  cause?: unknown;
}

/**
 * Root of every error that BentoNest raises on purpose.
 *
 * `code` is stable and public, `statusCode` is its HTTP translation, and the message says what was
 * expected, what came and what to do. Subclasses set the two static fields.
 */
export abstract class BentoError extends Error {
  static readonly code: string;
  static readonly statusCode: number;

  /**
   * An error that crossed a process boundary has lost its class but not its code: `instanceof` a class
   * with that code holds for it.
   */
  static override [Symbol.hasInstance](this: unknown, value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    const { code } = this as { readonly code?: string };
    if (code === undefined || !(value instanceof Error)) return false;
    const { crossedBoundary, code: received } = value as Partial<BentoError>;
    return crossedBoundary === true && received === code;
  }

  /** Raised in another process. */
  readonly crossedBoundary?: true;
  readonly code: string;
  readonly statusCode: number;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryAfterMs?: number;

  constructor(message: string, options: BentoErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = new.target.code;
    this.statusCode = new.target.statusCode;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }
}
