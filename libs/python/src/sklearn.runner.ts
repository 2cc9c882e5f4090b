import { InvalidModelError, ModelStore } from 'bentonest/model-store';
import type { ModelSignature, StoredModel } from 'bentonest/model-store';
import { NotBatchableError } from 'bentonest/runner';
import type { ArgumentCheck, RunnerDefinition, RunnerOptions } from 'bentonest/runner';
import { DataFrame, NdArray } from 'bentonest/tensor';
import { FeatureCountError } from './python.errors.js';
import { createWorkerCommand } from './worker-command.js';
import type { PythonOptions } from './worker-command.js';

/** Options of {@link sklearnRunner}. */
export interface SklearnRunnerOptions extends RunnerOptions, PythonOptions {
  /** A tag in the model store. A path is not taken: a pickle is code. */
  model: string;
  /** Folder of the model store. @default BENTOML_HOME, else ~/bentoml */
  home?: string;
}

/** What the worker tells of its model. */
interface SklearnMetadata {
  readonly features: number | null;
  readonly featureNames: readonly string[] | null;
}

const MODEL_FILE = 'saved_model.pkl';

/**
 * A runner for a scikit-learn model that BentoML saved (`bentoml.sklearn.save_model`), unchanged. Its
 * methods are those that the model's signatures name, `predict` by default; BentoML batches those
 * whose signature says `batchable`, and so does this.
 *
 * A pickle is code, which runs when the model is loaded: it is loaded in the worker process only, and
 * only from the model store. Serve no model whose origin you do not trust.
 *
 * @example
 * sklearnRunner('iris_clf', { model: 'iris_clf:latest', requirements: ['scikit-learn==1.5.2'] })
 */
export function sklearnRunner(name: string, options: SklearnRunnerOptions): RunnerDefinition {
  const { model, home, ...others } = options;
  const { python, requirements, threads, env, ...runnerOptions } = others;
  return {
    ...runnerOptions,
    name,
    source: async (tag = model) => {
      const stored = await new ModelStore({ home }).get(tag, { file: MODEL_FILE });
      const command = await createWorkerCommand({ python, requirements, threads, env });
      return {
        moduleUrl: 'module:bentonest.sklearn_runnable',
        className: 'SklearnRunnable',
        options: { file: stored.file, signatures: signaturesOf(stored) },
        command,
      };
    },
    argumentCheck: createFeatureCheck,
  };
}

type Signatures = Readonly<Record<string, ModelSignature>>;

function signaturesOf({ tag, module, signatures }: StoredModel): Signatures {
  if (module !== undefined && module !== 'bentoml.sklearn') {
    throw new InvalidModelError(
      `Expected model ${tag.toString()} to be saved by bentoml.sklearn, got ${module}. Use the runner of its framework.`,
      { details: { tag: tag.toString() } },
    );
  }
  const isEmpty = Object.keys(signatures).length === 0;
  return isEmpty ? { predict: { batchable: false, batchDim: [0, 0] } } : signatures;
}

/** Checks the number of features before a call is batched: a neighbour must not pay. */
function createFeatureCheck(metadata: unknown): ArgumentCheck {
  const { features } = metadata as SklearnMetadata;
  return (_method, args) => {
    for (const arg of args) checkFeatures(arg, features);
    return args;
  };
}

function checkFeatures(arg: unknown, features: number | null): void {
  if (!(arg instanceof NdArray) && !(arg instanceof DataFrame)) {
    throw new NotBatchableError(
      `Expected an NdArray or a DataFrame of shape [rows, ${features ?? 'features'}], got a value of type ${typeof arg}. Use NdArray.from(…).`,
    );
  }
  const { shape } = arg;
  if (shape.length === 2 && (features === null || shape[1] === features)) return;
  throw new FeatureCountError(
    `Expected an array of shape [rows, ${features ?? 'features'}], as the model was fitted on, got [${shape.join(', ')}].`,
    { details: { expected: [null, features], got: shape } },
  );
}
