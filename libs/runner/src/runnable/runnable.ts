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
  /** Frees what the process's end does not free by itself. */
  close?(): void | Promise<void>;
}

export type RunnableClass = new (options: never) => Runnable;
