import type { ArgumentCheck } from './dispatch/prepare-call.js';
import { RunnerOptionsError } from './runner.errors.js';
import { shareCores } from './resources/share-cores.js';
import type { RunnerOptions } from './runner.options.js';
import type { RunnableSource } from './worker/load-runnable.js';

/** What is set of a runner outside of the code: in bentonest.yaml or the environment. */
export interface RunnerOverrides extends RunnerOptions {
  /** Another model's tag, of a runner that has one. */
  model?: string;
  /** Threads that one inference uses. */
  threads?: number;
  /** onnxruntime's execution providers, of a runner of an ONNX model. */
  executionProviders?: readonly string[];
  /** Of a runner in Python: interpreter, packages, and more variables for its workers. */
  python?: string;
  requirements?: string | readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** Those that runners in Python alone have. */
export const PYTHON_OVERRIDES = ['python', 'requirements', 'env'] as const;

/** A runner as a module registers it: `onnxRunner(…)` and `nodeRunner(…)` make one. */
export interface RunnerDefinition extends RunnerOptions {
  readonly name: string;
  /** The options as the code gives them, for the log at start. @default those of the definition */
  readonly given?: RunnerOptions;
  /**
   * Finds the Runnable and its options, at start and at `reload(model)`: a model's tag is resolved here.
   */
  readonly source: (model?: string) => RunnableSource | Promise<RunnableSource>;
  /**
   * Makes the check that calls go through in the API process, before they are batched, from what the
   * Runnable's `metadata()` returned.
   */
  readonly argumentCheck?: (metadata: unknown) => ArgumentCheck;
  /**
   * The runner with other options, where they change more than those of every kind of runner: a model,
   * for example.
   *
   * @throws RunnerOptionsError for an option that it does not have.
   */
  readonly withOptions?: (overrides: RunnerOverrides) => RunnerDefinition;
}

/** Options of {@link nodeRunner}. */
export interface NodeRunnerOptions extends RunnerOptions {
  /** Compiled module of the Runnable: `new URL('./doubler.runnable.js', import.meta.url)`. */
  module: URL | string;
  /** Name of the exported class. */
  class: string;
  /** JSON for the class's constructor. */
  options?: unknown;
}

/**
 * A runner for a Runnable of your own, written in TypeScript. Its module is imported in the worker
 * process only.
 *
 * @example
 * nodeRunner('doubler', {
 *   module: new URL('./doubler.runnable.js', import.meta.url),
 *   class: 'Doubler',
 * })
 * @throws RunnerOptionsError when `module` is not a file URL.
 */
export function nodeRunner(name: string, options: NodeRunnerOptions): RunnerDefinition {
  const { module, class: className, options: runnableOptions, ...runnerOptions } = options;
  const moduleUrl = String(module);
  if (!moduleUrl.startsWith('file:')) {
    throw new RunnerOptionsError(
      `Runner "${name}" needs its module as a file URL, got "${moduleUrl}". Write new URL('./x.runnable.js', import.meta.url).`,
    );
  }
  const source = { moduleUrl, className, options: runnableOptions };
  // A Runnable in JavaScript uses one thread.
  const { workers } = shareCores({ ...runnerOptions, threads: 1 });
  return {
    ...runnerOptions,
    workers,
    name,
    given: options,
    source: (model) => {
      if (model === undefined) return source;
      throw new RunnerOptionsError(
        `Runner "${name}" has no model by tag: reload() it without one, or register it with onnxRunner.`,
      );
    },
  };
}

/**
 * A runner with what was set of it outside of the code.
 *
 * @throws RunnerOptionsError for an option that it does not have.
 */
export function overrideOptions(
  definition: RunnerDefinition,
  overrides: RunnerOverrides,
): RunnerDefinition {
  if (definition.withOptions !== undefined) return definition.withOptions(overrides);
  const ofOthers = ['model', 'threads', 'executionProviders', ...PYTHON_OVERRIDES] as const;
  refuseOverrides(definition.name, overrides, ofOthers);
  return { ...definition, ...overrides };
}

const WHY_NOT: Readonly<Partial<Record<keyof RunnerOverrides, string>>> = {
  model: 'no model by tag',
  threads: 'no threads that could be set',
  executionProviders: 'no execution providers',
  python: 'no worker in Python',
  requirements: 'no worker in Python',
  env: 'no worker in Python',
};

/** @throws RunnerOptionsError for options that a kind of runner does not have. */
export function refuseOverrides(
  runner: string,
  overrides: RunnerOverrides,
  unknown: readonly (keyof RunnerOverrides)[],
): void {
  const option = unknown.find((name) => overrides[name] !== undefined);
  if (option === undefined) return;
  const why = WHY_NOT[option] ?? `no option ${option}`;
  throw new RunnerOptionsError(
    `Runner "${runner}" has ${why}. Remove ${option} of runners.${runner} from the configuration.`,
    { details: { runner, option } },
  );
}
