import { resolveModel } from 'bentonest/model-store';
import type { RunnerDefinition, RunnerOptions } from 'bentonest/runner';
import { createInputCheck } from './check-inputs.js';
import type { OnnxRunnableOptions } from './onnx.runnable.js';

/** Options of {@link onnxRunner}. */
export interface OnnxRunnerOptions extends RunnerOptions {
  /** A tag in the model store (`iris_clf:latest`), or the path of an .onnx file. */
  model: string;
  /** Folder of the model store. @default BENTOML_HOME, else ~/bentoml */
  home?: string;
  /**
   * onnxruntime's execution providers, in order of preference.
   *
   * @default ['cpu']
   */
  executionProviders?: readonly string[];
  /**
   * Threads that one inference uses (onnxruntime's intra-op threads).
   *
   * @default 1
   */
  threads?: number;
}

/**
 * A runner for an ONNX model. Its methods:
 *
 * - `predict.run(x)`: one tensor in (or a record by input name), the model's first output as an NdArray;
 * - `run.run(x)`: the same in, a record of all outputs by name.
 *
 * Both are batchable where the first dimension of every input and output is free. Calls are checked
 * against the model's inputs before they are batched.
 *
 * @example
 * onnxRunner('iris_clf', { model: 'iris_clf:latest' })
 */
export function onnxRunner(name: string, options: OnnxRunnerOptions): RunnerDefinition {
  const { model, home, executionProviders = ['cpu'], threads = 1, ...runnerOptions } = options;
  return {
    ...runnerOptions,
    name,
    source: async () => {
      const { file } = await resolveModel(model, { home });
      const runnableOptions: OnnxRunnableOptions = { file, executionProviders, threads };
      return {
        moduleUrl: new URL('./onnx.runnable.js', import.meta.url).href,
        className: 'OnnxRunnable',
        options: runnableOptions,
      };
    },
    argumentCheck: createInputCheck,
  };
}
