import { NdArray, decodeNpy, encodeNpy } from 'bentonest/tensor';
import type { Nested } from 'bentonest/tensor';
import { createInputCheck } from './check-inputs.js';
import type { OnnxMetadata } from './onnx.metadata.js';

/** One input: a tensor, or nested lists, which get the dtype of the model's input. */
type OnnxTensor = NdArray | Nested;

/** Arguments of one call: of a model with one input the input itself, else a record by input name. */
export type OnnxExample = OnnxTensor | { readonly [input: string]: OnnxTensor };

/** An input as it crosses to the worker, as JSON: a tensor as .npy in base64. */
type PlainTensor = { readonly npy: string } | { readonly list: Nested };

/** By input name; undefined for the only input. */
export type PlainExample = readonly (readonly [name: string | null, tensor: PlainTensor])[];

/** Makes an example ready to cross to the worker. */
export function toPlainExample(example: OnnxExample): PlainExample {
  if (!isRecord(example)) return [[null, toPlainTensor(example)]];
  return Object.entries(example).map(([name, tensor]) => [name, toPlainTensor(tensor)]);
}

/**
 * The arguments that an example stands for, checked as those of a call are.
 *
 * @throws ModelInputError or InvalidNdArrayError, as a call with them would.
 */
export function readExample(example: PlainExample, model: OnnxMetadata): readonly unknown[] {
  const tensors = example.map(([name, tensor], position) => {
    const input =
      name === null ? model.inputs[position] : model.inputs.find((each) => each.name === name);
    const value =
      'npy' in tensor
        ? decodeNpy(Buffer.from(tensor.npy, 'base64'))
        : NdArray.from(tensor.list, { dtype: input?.dtype });
    return [name, value] as const;
  });
  const [first] = tensors;
  const args = first?.[0] === null ? [first[1]] : [Object.fromEntries(tensors)];
  return createInputCheck(model)({ name: 'predict', batchable: false, batchDim: [0, 0] }, args);
}

function isRecord(example: OnnxExample): example is { readonly [input: string]: OnnxTensor } {
  const isObject = typeof example === 'object' && example !== null;
  return isObject && !Array.isArray(example) && !(example instanceof NdArray);
}

function toPlainTensor(tensor: OnnxTensor): PlainTensor {
  return tensor instanceof NdArray
    ? { npy: encodeNpy(tensor).toString('base64') }
    : { list: tensor };
}
