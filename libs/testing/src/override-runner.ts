import { RunnerHost, RunnerRegistry, createRunnerHandle, getRunnerToken } from 'bentonest/runner';
import type {
  CallOptions,
  RunnableClass,
  Runner,
  RunnerDefinition,
  RunnerOptions,
} from 'bentonest/runner';

type Method = (...args: never) => unknown;

/** What `Test.createTestingModule(…)` returns, as far as it is needed here. */
export interface OverridableModule {
  overrideProvider(token: unknown): {
    useValue(value: unknown): unknown;
    useFactory(options: { factory: (...args: never) => unknown; inject?: unknown[] }): unknown;
  };
}

/** Says what a runner is in a test. */
export interface RunnerOverride<Module> {
  /**
   * Answers calls by a function, for every method, or by one function for each method. Arguments come
   * as they were passed, unchecked and unbatched; what the function throws is what the caller gets.
   */
  useValue(answer: Method | Readonly<Record<string, Method>>): Module;
  /**
   * Runs the Runnable in the test's own process, batched as in production. `options` are what its
   * constructor gets.
   */
  useRunnable(
    runnable: RunnableClass,
    options?: unknown,
    runnerOptions?: Omit<RunnerOptions, 'embedded' | 'workers'>,
  ): Module;
  /** Runs what the definition says, a model for example, in the test's own process. */
  useEmbedded(definition: RunnerDefinition): Module;
}

/**
 * Puts something in the place of a registered runner, so that a unit test needs no worker process.
 *
 * @example
 * const builder = Test.createTestingModule({ imports: [AppModule] });
 * overrideRunner(builder, 'iris_clf').useValue({ predict: () => NdArray.from([2n]) });
 * const module = await builder.compile();
 */
export function overrideRunner<Module extends OverridableModule>(
  module: Module,
  name: string,
): RunnerOverride<Module> {
  const provider = module.overrideProvider(getRunnerToken(name));
  const useEmbedded = (definition: RunnerDefinition): Module => {
    const factory = (registry: RunnerRegistry): Runner => {
      const host = new RunnerHost({ ...definition, name, embedded: true, workers: 1 });
      registry.add(host);
      return host.runner;
    };
    provider.useFactory({ factory, inject: [RunnerRegistry] });
    return module;
  };
  return {
    useValue: (answer) => {
      provider.useValue(createStandIn(name, answer));
      return module;
    },
    useRunnable: (runnable, options, runnerOptions = {}) => {
      const source = { moduleUrl: '', className: runnable.name, options, runnable };
      return useEmbedded({ ...runnerOptions, name, source: () => source });
    },
    useEmbedded,
  };
}

/** A runner whose methods are functions. It shows no state, and reloading or scaling it does nothing. */
export function createStandIn(
  name: string,
  answer: Method | Readonly<Record<string, Method>>,
): Runner {
  const call = async (
    method: string,
    args: readonly unknown[],
    options?: CallOptions,
  ): Promise<unknown> => {
    options?.signal?.throwIfAborted();
    const answering = typeof answer === 'function' ? answer : answer[method];
    if (typeof answering !== 'function') {
      const known = Object.keys(answer).join(', ');
      throw new TypeError(
        `The stand-in of runner "${name}" has no method "${method}", only: ${known}.`,
      );
    }
    return (answering as (...all: readonly unknown[]) => unknown)(...args);
  };
  const nothing = (): Promise<void> => Promise.resolve();
  return createRunnerHandle(name, { call, reload: nothing, scale: nothing });
}
