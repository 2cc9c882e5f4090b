import type { MethodDescription } from '../wire/frame.js';

/**
 * What a Runnable class may have beside its `@RunnableMethod`s. It lives in the worker process; its
 * constructor gets the `options` of the runner's definition, as JSON.
 */
export interface Runnable {
  /** Loads the model. The worker is ready when it has finished. */
  setup?(): void | Promise<void>;
  /** What the API process may know of the model, as JSON: sent once, in the handshake. */
  metadata?(): unknown;
  /** Called after `setup`, where the loaded model decides what the decorators could not know. */
  describeMethods?(declared: readonly MethodDescription[]): readonly MethodDescription[];
  /**
   * Calls that warm the model up before the worker is ready; what they answer is not looked at. A worker
   * of which one fails does not start, unless the call is `optional`.
   */
  exampleCalls?(): readonly ExampleCall[];
  /** Frees what the process's end does not free by itself. */
  close?(): void | Promise<void>;
}

/** A call of one of the Runnable's own methods. */
export interface ExampleCall {
  readonly method: string;
  readonly args: readonly unknown[];
  /** If it fails, that is told in the log and the worker starts all the same. @default false */
  readonly optional?: boolean;
}

/** A class with `@RunnableMethod`s; it may implement {@link Runnable}. */
export type RunnableClass = new (options: never) => object;
