import { inspect } from 'node:util';
import { resolveModel } from 'bentonest/model-store';
import {
  PYTHON_OVERRIDES,
  RunnerOptionsError,
  refuseOverrides,
  shareCores,
} from 'bentonest/runner';
import type { RunnerDefinition, RunnerOptions } from 'bentonest/runner';
import { NdArray } from 'bentonest/tensor';
import { createInputCheck } from './check-inputs.js';
import type { OnnxRunnableOptions } from './onnx.runnable.js';
import { toPlainExample } from './user-examples.js';
import type { OnnxExample } from './user-examples.js';

/** Options of {@link onnxRunner}. */
export interface OnnxRunnerOptions extends RunnerOptions {
  /** A tag in the model store (`iris_clf:latest`), or the path of an .onnx file. */
  model: string;
  /** Folder of the model store. @default BENTOML_HOME, else ~/bentoml */
  home?: string;
  /**
   * onnxruntime's execution providers, in order of preference: names, or objects with a `name` and
   * the provider's options.
   *
   * @default ['cpu']
   */
  executionProviders?: readonly (string | { readonly name: string })[];
  /**
   * Threads that one inference uses (onnxruntime's intra-op threads).
   *
   * @default a worker's share of the container's cores, one of which is left to the API process
   */
  threads?: number;
  /**
   * The outputs to compute: `predict` answers the first of them, `run` all. The nodes that only others
   * need are left out of the graph. Outputs that are not chosen may be sequences or maps.
   *
   * @default all outputs
   */
  outputs?: readonly string[];
  /**
   * Whether calls may be joined into a batch. Set false where a row's result depends on other rows.
   *
   * @default true where the batch dimension of every input and output is free
   */
  batchable?: boolean;
  /**
   * Batch dimension of the inputs and of the outputs, one number for both or `[input, output]`. A
   * recurrent network that takes [time, batch, feature] has 1.
   *
   * @default 0
   */
  batchDim?: number | readonly [input: number, output: number];
  /**
   * A call whose worker dies is run once more, alone, instead of failing with 503. An inference may
   * run twice; a model that kills its worker then does so twice.
   *
   * @default false
   */
  idempotent?: boolean;
  /**
   * Inputs by which a worker is warmed up, and tried, before it is ready: each as `predict` takes it, or
   * as nested lists (`[[5.1, 3.5, 1.4, 0.2]]`, `{ ids: [[1, 2]], mask: [[1, 1]] }`). A worker whose
   * model fails at one of them does not start, and a `reload` to it leaves the old workers serving.
   *
   * @default one call with zeros, and 1 for each free dimension; if that fails it is told in the log
   */
  examples?: readonly OnnxExample[];
  /** More options of onnxruntime's session. Those that have an option here cannot be set by it. */
  sessionOptions?: OnnxSessionOptions;
}

/** Options of onnxruntime-node's `InferenceSession.SessionOptions`; others than these as well. */
export interface OnnxSessionOptions {
  graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'layout' | 'all';
  enableCpuMemArena?: boolean;
  enableMemPattern?: boolean;
  /** Writes the optimized model to this file. */
  optimizedModelFilePath?: string;
  /** 0 (verbose) to 4 (fatal); 2, warnings, is the default. */
  logSeverityLevel?: 0 | 1 | 2 | 3 | 4;
  /** Configuration entries, nested or dotted: `{ session: { intra_op: { allow_spinning: '0' } } }`. */
  extra?: Readonly<Record<string, unknown>>;
  readonly [option: string]: unknown;
}

/**
 * A runner for an ONNX model. Its methods, {@link OnnxMethods} to the compiler:
 *
 * - `predict.run(x)`: the first output (of the option `outputs`, else of the model) as an NdArray;
 * - `run.run(x)`: a record of all outputs by name.
 *
 * A model with several inputs takes a record of tensors by input name, or as many tensors in the
 * model's own order: `predict.run({ ids, mask })` or `predict.run(ids, mask)`. Calls are checked
 * against the model's inputs, then joined into batches where the batch dimension is free.
 *
 * @example
 * onnxRunner('iris_clf', { model: 'iris_clf:latest', outputs: ['label'] })
 * @throws RunnerOptionsError naming the option that cannot be used.
 */
export function onnxRunner(name: string, options: OnnxRunnerOptions): RunnerDefinition {
  checkOptions(name, options);
  const {
    model,
    home,
    outputs,
    batchable,
    batchDim,
    idempotent,
    examples,
    sessionOptions,
    ...others
  } = options;
  const plainExamples = examples?.map((example) => toPlainExample(example));
  const { executionProviders = ['cpu'], threads: _threads, ...runnerOptions } = others;
  const { workers, threads } = shareCores(options);
  return {
    ...runnerOptions,
    workers,
    name,
    given: options,
    withOptions: (overrides) => {
      refuseOverrides(name, overrides, PYTHON_OVERRIDES);
      return onnxRunner(name, { ...options, ...overrides });
    },
    source: async (tag = model) => {
      const { file, signatures, digests, tag: found } = await resolveModel(tag, { home });
      const runnableOptions: OnnxRunnableOptions = {
        file,
        signatures,
        digests,
        executionProviders,
        threads,
        outputs,
        batchable,
        batchDim,
        idempotent,
        examples: plainExamples,
        sessionOptions,
      };
      return {
        moduleUrl: new URL('./onnx.runnable.js', import.meta.url).href,
        className: 'OnnxRunnable',
        options: runnableOptions,
        model: found,
      };
    },
    argumentCheck: createInputCheck,
  };
}

function checkOptions(name: string, options: OnnxRunnerOptions): void {
  const { threads, outputs, batchDim, examples } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    throw refuse(name, 'threads', 'a positive integer', threads);
  }
  if (outputs !== undefined && (outputs.length === 0 || new Set(outputs).size < outputs.length)) {
    throw refuse(name, 'outputs', 'a list of one or more names, each once', outputs);
  }
  if (examples !== undefined && !isListOfJson(examples)) {
    throw refuse(
      name,
      'examples',
      'a list of NdArrays, nested lists (of bigints as NdArrays) or records of these',
      examples,
    );
  }
  const dims = Array.isArray(batchDim) ? (batchDim as readonly number[]) : [batchDim ?? 0];
  const isPair = !Array.isArray(batchDim) || dims.length === 2;
  if (!isPair || !dims.every((dim) => Number.isInteger(dim) && (dim as number) >= 0)) {
    throw refuse(name, 'batchDim', 'a dimension from 0 on, or [input, output]', batchDim);
  }
}

/** Lists of bigints cannot cross to the worker; tensors of them can. */
function isListOfJson(examples: unknown): boolean {
  const isPlain = (value: unknown): boolean =>
    ['string', 'number', 'boolean'].includes(typeof value) ||
    value instanceof NdArray ||
    (typeof value === 'object' && value !== null && Object.values(value).every(isPlain));
  return Array.isArray(examples) && examples.every(isPlain);
}

function refuse(
  runner: string,
  option: string,
  expected: string,
  got: unknown,
): RunnerOptionsError {
  return new RunnerOptionsError(
    `Option ${option} of runner "${runner}" must be ${expected}, got ${inspect(got, { breakLength: Infinity })}.`,
    { details: { runner, option } },
  );
}
