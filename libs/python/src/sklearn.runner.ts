import { InvalidModelError, ModelStore } from 'bentonest/model-store';
import type { ModelSignature, StoredModel } from 'bentonest/model-store';
import { RunnerOptionsError, refuseOverrides, shareCores } from 'bentonest/runner';
import type { RunnerDefinition, RunnerOptions } from 'bentonest/runner';
import { createFeatureCheck } from './check-features.js';
import { createWorkerCommand, refuseNodeOptions } from './worker-command.js';
import type { PythonOptions } from './worker-command.js';

/** Options of {@link sklearnRunner}. */
export interface SklearnRunnerOptions extends RunnerOptions, PythonOptions {
  /** A tag in the model store. A path is not taken: a pickle is code. */
  model: string;
  /** Folder of the model store. @default BENTOML_HOME, else ~/bentoml */
  home?: string;
  /**
   * Methods of the model that the runner offers, in place of those that its signatures name: a method
   * that is not among them is not batched.
   *
   * @default those of the signatures
   */
  methods?: readonly string[];
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
 * @throws RunnerOptionsError for a path in place of a tag, or for `embedded` and `maxHeapMb`.
 */
export function sklearnRunner(name: string, options: SklearnRunnerOptions): RunnerDefinition {
  const { model, home, methods, ...others } = options;
  const { python, requirements, threads: _threads, env, ...runnerOptions } = others;
  refuseNodeOptions(name, options);
  refusePath(name, model);
  const { workers, threads } = shareCores(options);
  return {
    ...runnerOptions,
    workers,
    name,
    given: options,
    withOptions: (overrides) => {
      refuseOverrides(name, overrides, ['executionProviders']);
      return sklearnRunner(name, { ...options, ...overrides, env: { ...env, ...overrides.env } });
    },
    source: async (tag = model) => {
      refusePath(name, tag);
      const stored = await new ModelStore({ home }).get(tag, { file: MODEL_FILE });
      const signatures = chooseSignatures(stored, methods);
      const command = await createWorkerCommand(name, { python, requirements, threads, env });
      return {
        moduleUrl: 'module:bentonest.sklearn_runnable',
        className: 'SklearnRunnable',
        options: { file: stored.file, signatures, digests: stored.digests },
        command,
        model: stored.tag,
      };
    },
    argumentCheck: createFeatureCheck,
  };
}

/** The store's own error says what a tag is; this one says why nothing else is taken. */
function refusePath(name: string, model: string): void {
  if (!/[/\\]|^file:|\.(?:pkl|pickle|joblib)$/i.test(model)) return;
  throw new RunnerOptionsError(
    `Runner "${name}" takes its model by a tag of the model store ("iris_clf:latest"), got a path. A pickle is code, which runs when it is loaded, so it is loaded from the store only: save it there with bentoml.sklearn.save_model.`,
    { details: { runner: name, option: 'model' } },
  );
}

type Signatures = Readonly<Record<string, ModelSignature>>;

const NOT_BATCHABLE: ModelSignature = { batchable: false, batchDim: [0, 0] };

function chooseSignatures(stored: StoredModel, methods?: readonly string[]): Signatures {
  const { tag, module, signatures } = stored;
  if (module !== 'bentoml.sklearn') {
    throw new InvalidModelError(
      `Expected model ${tag.toString()} to be saved by bentoml.sklearn, got ${module}. Use the runner of its framework.`,
      { details: { tag: tag.toString() } },
    );
  }
  const saved = Object.keys(signatures).length === 0 ? { predict: NOT_BATCHABLE } : signatures;
  if (methods === undefined) return saved;
  return Object.fromEntries(
    methods.map((method) => [
      method,
      Object.hasOwn(saved, method) ? (saved[method] ?? NOT_BATCHABLE) : NOT_BATCHABLE,
    ]),
  );
}
