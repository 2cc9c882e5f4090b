import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RunnerOptionsError, refuseOverrides } from 'bentonest/runner';
import type { RunnerDefinition, RunnerOptions } from 'bentonest/runner';
import { createWorkerCommand, refuseEmbedded } from './worker-command.js';
import type { PythonOptions } from './worker-command.js';

/** Options of {@link pythonRunner}. */
export interface PythonRunnerOptions extends RunnerOptions, PythonOptions {
  /**
   * The Runnable's file, as a file URL (`new URL('./runnable.py', import.meta.url)`) or an absolute
   * path; or the name of a module (`package.module`) in the server's working directory, on PYTHONPATH
   * or among the requirements.
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
 * @throws RunnerOptionsError when `module` is no file and no module's name, or for `embedded`.
 */
export function pythonRunner(name: string, options: PythonRunnerOptions): RunnerDefinition {
  const { module, class: className, options: runnableOptions, ...others } = options;
  const { python, requirements, threads, env, ...runnerOptions } = others;
  refuseEmbedded(name, options);
  const moduleUrl = toModuleUrl(name, module);
  return {
    ...runnerOptions,
    name,
    withOptions: (overrides) => {
      refuseOverrides(name, overrides, ['model']);
      return pythonRunner(name, { ...options, ...overrides });
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
  if (isAbsolute(text)) return pathToFileURL(text).href;
  if (/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(text) && !text.endsWith('.py')) {
    return `module:${text}`;
  }
  throw new RunnerOptionsError(
    `Runner "${name}" needs its module as a file URL, an absolute path or a Python module's name, got "${text}". Write new URL('./runnable.py', import.meta.url).`,
  );
}
