import { stringify } from 'yaml';
import type { Tag } from '../tag.js';

/** How a method of a model takes batches, as its caller writes it. */
export interface SignatureOptions {
  /** @default false */
  batchable?: boolean;
  /** The axis of a batch, of inputs and outputs or of each. @default 0 */
  batchDim?: number | readonly [input: number, output: number];
}

/** What a model.yaml says beside the tag. */
export interface ModelDescription {
  /**
   * The module of Python's BentoML that can load it.
   *
   * @default bentoml.onnx where the files have a saved_model.onnx, else bentonest
   */
  module?: string;
  /** By method: `{ predict: { batchable: true } }`. A runner of the model goes by them. */
  signatures?: Readonly<Record<string, SignatureOptions>>;
  labels?: Readonly<Record<string, string>>;
  /** JSON values, as Python's BentoML shows them. */
  metadata?: Readonly<Record<string, unknown>>;
  /** JSON values that Python's BentoML does not know of and keeps. */
  customMetadata?: Readonly<Record<string, unknown>>;
  /** What the model was made with. */
  context?: ModelContext;
  /** Options of its module. */
  options?: Readonly<Record<string, unknown>>;
}

/** What a model was made with. */
export interface ModelContext {
  /** @default onnx for a saved_model.onnx, else the empty text */
  frameworkName?: string;
  /** Versions by package: `{ onnx: '1.17.0' }`. */
  frameworkVersions?: Readonly<Record<string, string>>;
  /** @default the empty text */
  pythonVersion?: string;
}

/** Whose layout this is. */
const BENTOML_VERSION = '1.1.11';
export const ONNX_MODULE = 'bentoml.onnx';

/** The text of a model.yaml by which Python's BentoML 1.1 takes a model for its own. */
export function renderModelYaml(
  tag: Tag,
  description: ModelDescription,
  digests: Readonly<Record<string, string>>,
): string {
  const { labels = {}, metadata = {}, options = {}, customMetadata, context = {} } = description;
  const isOnnx = Object.hasOwn(digests, 'saved_model.onnx');
  const content = {
    name: tag.name,
    version: tag.version,
    module: description.module ?? (isOnnx ? ONNX_MODULE : 'bentonest'),
    labels,
    options,
    metadata,
    context: {
      framework_name: context.frameworkName ?? (isOnnx ? 'onnx' : ''),
      framework_versions: context.frameworkVersions ?? {},
      bentoml_version: BENTOML_VERSION,
      python_version: context.pythonVersion ?? '',
    },
    signatures: renderSignatures(description.signatures ?? {}),
    api_version: 'v1',
    // Python reads fractions of three or six digits only, and no Z.
    creation_time: new Date().toISOString().replace('Z', '000+00:00'),
    ...(customMetadata && { custom_metadata: customMetadata }),
    digests,
  };
  // Python's YAML is 1.1: what it would take for a number, a date or a truth value is quoted.
  return stringify(content, { version: '1.1', aliasDuplicateObjects: false });
}

function renderSignatures(signatures: Readonly<Record<string, SignatureOptions>>): object {
  const entries = Object.entries(signatures).map(([method, signature]) => {
    const { batchable = false, batchDim = 0 } = signature;
    // Python's BentoML fails on a single number in the file.
    const pair = typeof batchDim === 'number' ? [batchDim, batchDim] : [...batchDim];
    return [method, { batchable, batch_dim: pair }];
  });
  return Object.fromEntries(entries) as object;
}
