import { UnknownMethodError } from '../runner.errors.js';
import type { LoadedRunnable } from './load-runnable.js';

type Method = (...args: readonly unknown[]) => unknown;

/** Calls a decorated method of the Runnable; nothing else of it can be reached. */
export async function runMethod(
  runner: string,
  loaded: LoadedRunnable,
  call: { readonly method: string; readonly args: readonly unknown[] },
): Promise<unknown> {
  const known = loaded.methods.some((method) => method.name === call.method);
  if (!known) {
    const names = loaded.methods.map((method) => method.name);
    throw new UnknownMethodError(runner, call.method, names);
  }
  const instance = loaded.instance as Record<string, unknown>;
  return (instance[call.method] as Method).apply(loaded.instance, [...call.args]);
}
