import { getRunnableMethods } from '../runnable/runnable-method.decorator.js';
import type { Runnable, RunnableClass } from '../runnable/runnable.js';
import { RunnerOptionsError } from '../runner.errors.js';
import type { MethodDescription } from '../wire/frame.js';

/** A program that serves a Runnable in the place of our own worker, by the same protocol. */
export interface WorkerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The model that a Runnable serves, as its tag names it. */
export interface RunnableModel {
  readonly name: string;
  readonly version?: string | undefined;
}

/** Where a Runnable class is found, and what its constructor gets. */
export interface RunnableSource {
  readonly moduleUrl: string;
  readonly className: string;
  readonly options: unknown;
  /** Told to those who ask the runner for its model. */
  readonly model?: RunnableModel | undefined;
  /** Starts the worker; without it, it is a fork of this Node. */
  readonly command?: WorkerCommand;
  /** The class itself, in place of its module; for an embedded runner, in a test. */
  readonly runnable?: RunnableClass;
}

export interface LoadedRunnable {
  readonly instance: Runnable;
  readonly methods: readonly MethodDescription[];
  readonly metadata: unknown;
}

/** Imports the module, makes the Runnable and waits for its `setup()`. */
export async function loadRunnable(source: RunnableSource): Promise<LoadedRunnable> {
  const runnableClass = source.runnable ?? (await importClass(source));
  const instance = new (runnableClass as new (options: unknown) => Runnable)(source.options);
  const declared = getRunnableMethods(instance);
  if (declared.length === 0) {
    throw new RunnerOptionsError(
      `Class "${runnableClass.name}" has no @RunnableMethod(): decorate the methods that the runner shall offer.`,
    );
  }
  await instance.setup?.();
  const methods = instance.describeMethods?.(declared) ?? declared;
  return { instance, methods, metadata: instance.metadata?.() };
}

async function importClass({ moduleUrl, className }: RunnableSource): Promise<RunnableClass> {
  const exported: Record<string, unknown> = await import(moduleUrl);
  const runnableClass = exported[className];
  if (typeof runnableClass === 'function') return runnableClass as RunnableClass;
  throw new RunnerOptionsError(
    `Expected the Runnable's module to export a class "${className}", got ${typeof runnableClass}. It exports: ${Object.keys(exported).join(', ') || 'nothing'}.`,
  );
}
