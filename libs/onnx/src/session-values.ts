import { isDType } from 'bentonest/tensor';
import type { DType } from 'bentonest/tensor';
import { UnsupportedModelError } from './onnx.errors.js';
import type { OnnxMetadata, OnnxValue } from './onnx.metadata.js';

/** An input or output, as onnxruntime's session describes it. */
type SessionValue =
  | { readonly name: string; readonly isTensor: false }
  | {
      readonly name: string;
      readonly isTensor: true;
      readonly type: string;
      readonly shape: readonly (number | string)[];
    };

interface SessionMetadata {
  readonly inputMetadata: readonly SessionValue[];
  readonly outputMetadata: readonly SessionValue[];
}

/**
 * The model's inputs, and its outputs or those chosen of them.
 *
 * @throws UnsupportedModelError for an unknown output, and where one of these is no tensor. An output
 * that is not chosen may be anything.
 */
export function readMetadata(session: SessionMetadata, chosen?: readonly string[]): OnnxMetadata {
  return {
    inputs: session.inputMetadata.map((value) => toValue(value, 'input')),
    outputs: chooseOutputs(session, chosen).map((value) => toValue(value, 'output')),
  };
}

function chooseOutputs(
  { outputMetadata }: SessionMetadata,
  chosen: readonly string[] | undefined,
): readonly SessionValue[] {
  return (
    chosen?.map((name) => {
      const found = outputMetadata.find((value) => value.name === name);
      if (found !== undefined) return found;
      const known = outputMetadata
        .map((value) => value.name)
        .toSorted((a, b) => similarity(b, name) - similarity(a, name));
      throw new UnsupportedModelError(
        `The model has no output ${JSON.stringify(name)}. It has, the nearest first: ${known.map((other) => JSON.stringify(other)).join(', ')}. Correct the option outputs.`,
        { details: { output: name, known } },
      );
    }) ?? outputMetadata
  );
}

/** The share of pairs of neighbouring letters that two names have in common (Dice's coefficient). */
function similarity(a: string, b: string): number {
  const pairs = (text: string): string[] =>
    Array.from({ length: text.length + 1 }, (_, i) => ` ${text.toLowerCase()} `.slice(i, i + 2));
  const [ofA, ofB] = [pairs(a), pairs(b)];
  const common = ofA.filter((pair) => ofB.includes(pair)).length;
  return (2 * common) / (ofA.length + ofB.length);
}

function toValue(value: SessionValue, role: 'input' | 'output'): OnnxValue {
  if (value.isTensor) {
    return { name: value.name, dtype: toDType(value.type, value.name), shape: value.shape };
  }
  const cure =
    role === 'output'
      ? `Convert the model without ZipMap: to_onnx(model, X, options={'zipmap': False}), or choose the tensors by the option outputs.`
      : 'Export the model with one tensor in its place.';
  throw new UnsupportedModelError(
    `The model's ${role} "${value.name}" is a sequence or a map, expected a tensor. ${cure}`,
    { details: { [role]: value.name } },
  );
}

export function toDType(type: string, name: string): DType {
  if (isDType(type)) return type;
  throw new UnsupportedModelError(
    `The model's "${name}" has dtype ${type}, which is not supported. Cast it to int8 or float32 in the model.`,
  );
}
