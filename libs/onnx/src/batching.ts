import { UnsupportedModelError } from './onnx.errors.js';
import { describeValue } from './onnx.metadata.js';
import type { OnnxMetadata, OnnxValue } from './onnx.metadata.js';

/** What the options say of batching; undefined where the model decides. */
export interface BatchingOptions {
  readonly batchable?: boolean;
  readonly batchDim?: number | readonly [input: number, output: number];
}

export interface Batching {
  readonly batchable: boolean;
  readonly batchDim: readonly [input: number, output: number];
}

/** How the model store says that a method takes batches. */
export interface StoredSignature {
  readonly batchable: boolean;
  readonly batchDim: readonly [input: number, output: number];
}

/**
 * The batching of a method: by the options, else by its signature in the model store (of `run`, as
 * Python's BentoML calls its one method, where it has none of its own), else by the model.
 */
export function batchingOf(
  method: string,
  model: OnnxMetadata,
  options: BatchingOptions,
  signatures: Readonly<Record<string, StoredSignature>> = {},
): Batching {
  const signature = signatures[method] ?? signatures.run;
  const isSaid = options.batchable !== undefined || options.batchDim !== undefined;
  if (isSaid || signature === undefined) return decideBatching(model, options);
  const { batchable, batchDim } = signature;
  const [input, output] = batchDim;
  // A signature permits batches: a model whose dimension is fixed has none, whatever it was saved as.
  const isFree =
    findFixed(model.inputs, input, 'input') === undefined &&
    findFixed(model.outputs, output, 'output') === undefined;
  return { batchable: batchable && isFree, batchDim };
}

/**
 * Calls can be joined where the batch dimension of every input and output is free.
 *
 * @throws UnsupportedModelError where the options ask for what the model does not allow.
 */
export function decideBatching(
  { inputs, outputs }: OnnxMetadata,
  options: BatchingOptions,
): Batching {
  const { batchable, batchDim = 0 } = options;
  const dims = typeof batchDim === 'number' ? ([batchDim, batchDim] as const) : batchDim;
  if (batchable === false) return { batchable, batchDim: dims };
  const fixed = findFixed(inputs, dims[0], 'input') ?? findFixed(outputs, dims[1], 'output');
  if (fixed === undefined) return { batchable: true, batchDim: dims };
  const isAskedFor = batchable === true || options.batchDim !== undefined;
  if (!isAskedFor) return { batchable: false, batchDim: dims };
  throw new UnsupportedModelError(
    `Calls cannot be batched along dimension ${fixed.dim}: expected it to be free, got the ${fixed.role} ${describeValue(fixed.value)}. Name the batch dimension with batchDim: [input, output], or leave batchable and batchDim out.`,
    { details: { [fixed.role]: fixed.value.name, batchDim: dims } },
  );
}

interface FixedDimension {
  readonly value: OnnxValue;
  readonly dim: number;
  readonly role: 'input' | 'output';
}

function findFixed(
  values: readonly OnnxValue[],
  dim: number,
  role: 'input' | 'output',
): FixedDimension | undefined {
  const value = values.find(({ shape }) => typeof shape[dim] !== 'string');
  return value && { value, dim, role };
}
