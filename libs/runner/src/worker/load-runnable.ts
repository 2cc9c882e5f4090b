import { getRunnableMethods } from '../runnable/runnable-method.decorator.js';
import type { Runnable } from '../runnable/runnable.js';
import { RunnerOptionsError } from '../runner.errors.js';
import type { MethodDescription } from '../wire/frame.js';

/** A program that serves a Runnable in the place of our own worker, by the same protocol. */
export interface WorkerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Where a Runnable class is found, and what its constructor gets. */
export interface RunnableSource {
  readonly moduleUrl: string;
  readonly className: string;
  readonly options: unknown;
  /** Starts the worker; without it, it is a fork of this Node. */
  readonly command?: WorkerCommand;
}

export interface LoadedRunnable {
  readonly instance: Runnable;
  readonly methods: readonly MethodDescription[];
  readonly metadata: unknown;
}

/** Imports the module, makes the Runnable and waits for its `setup()`. */
export async function loadRunnable(source: RunnableSource): Promise<LoadedRunnable> {
  const exported: Record<string, unknown> = await import(source.moduleUrl);
  const runnableClass = exported[source.className];
  if (typeof runnableClass !== 'function') {
    throw new RunnerOptionsError(
      `Expected the Runnable's module to export a class "${source.className}", got ${typeof runnableClass}. It exports: ${Object.keys(exported).join(', ') || 'nothing'}.`,
    );
  }
  const instance = new (runnableClass as new (options: unknown) => Runnable)(source.options);
  const declared = getRunnableMethods(instance);
  if (declared.length === 0) {
    throw new RunnerOptionsError(
      `Class "${source.className}" has no @RunnableMethod(): decorate the methods that the runner shall offer.`,
    );
  }
  await instance.setup?.();
  const methods = instance.describeMethods?.(declared) ?? declared;
  return { instance, methods, metadata: instance.metadata?.() };
}
