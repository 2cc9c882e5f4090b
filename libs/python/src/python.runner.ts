import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RunnerOptionsError, refuseOverrides, shareCores } from 'bentonest/runner';
import type { RunnerDefinition, RunnerOptions } from 'bentonest/runner';
import { createWorkerCommand, refuseNodeOptions } from './worker-command.js';
import type { PythonOptions } from './worker-command.js';

/** Options of {@link pythonRunner}. */
export interface PythonRunnerOptions extends RunnerOptions, PythonOptions {
  /**
   * The Runnable's file, as a file URL (`new URL('./runnable.py', import.meta.url)`) or a path, absolute
   * or from the server's working directory (`runnable.py`); or the name of a module (`package.module`)
   * in that directory, on PYTHONPATH or among the requirements.
   */
  module: URL | string;
  /** Name of the class. */
  class: string;
  /** JSON for the class's constructor; an object becomes keyword arguments. */
  options?: unknown;
}

/**
 * A runner for a Runnable written in Python. It runs in worker processes as any other: batched,
 * supervised and replaced by the same rules. numpy is the only package that it needs.
 *
 * @example
 * pythonRunner('iris_clf', {
 *   module: new URL('../python/runnable.py', import.meta.url),
 *   class: 'IrisRunnable',
 *   requirements: ['numpy', 'scikit-learn'],
 * })
 * @throws RunnerOptionsError when `module` is no file and no module's name, or for `embedded` and
 * `maxHeapMb`.
 */
export function pythonRunner(name: string, options: PythonRunnerOptions): RunnerDefinition {
  const { module, class: className, options: runnableOptions, ...others } = options;
  const { python, requirements, threads: _threads, env, ...runnerOptions } = others;
  refuseNodeOptions(name, options);
  const moduleUrl = toModuleUrl(name, module);
  const { workers, threads } = shareCores(options);
  return {
    ...runnerOptions,
    workers,
    name,
    given: options,
    withOptions: (overrides) => {
      refuseOverrides(name, overrides, ['model', 'executionProviders']);
      return pythonRunner(name, { ...options, ...overrides, env: { ...env, ...overrides.env } });
    },
    source: async (model) => {
      if (model !== undefined) {
        throw new RunnerOptionsError(
          `Runner "${name}" has no model by tag: reload() it without one.`,
        );
      }
      const command = await createWorkerCommand(name, { python, requirements, threads, env });
      return { moduleUrl, className, options: runnableOptions, command };
    },
  };
}

function toModuleUrl(name: string, module: URL | string): string {
  const text = String(module);
  if (text.startsWith('file:')) return text;
  if (text.endsWith('.py') || isAbsolute(text)) return pathToFileURL(resolve(text)).href;
  if (/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(text)) return `module:${text}`;
  throw new RunnerOptionsError(
    `Runner "${name}" needs its module as a file URL, the path of a .py file or a Python module's name, got "${text}". Write new URL('./runnable.py', import.meta.url).`,
  );
}
