import type { ArgumentCheck } from 'bentonest/runner';
import { DataFrame, NdArray, canCast } from 'bentonest/tensor';
import { ModelInputError } from './onnx.errors.js';
import { describeValue } from './onnx.metadata.js';
import type { OnnxMetadata, OnnxValue } from './onnx.metadata.js';

/**
 * Checks calls against the model's own inputs in the API process, so that a bad one fails with a
 * precise message before it shares a batch. Tensors are cast to the model's dtype where numpy's
 * `same_kind` rule allows it. Several tensors without names are those of the inputs, in order. A
 * DataFrame is the table of the one input, or has a column for each of several.
 */
export function createInputCheck(metadata: unknown): ArgumentCheck {
  const { inputs } = metadata as OnnxMetadata;
  return (_method, args) => {
    if (args.length === inputs.length && args.every((arg) => arg instanceof NdArray)) {
      return inputs.map((input, position) => checkTensor(args[position] as NdArray, input));
    }
    if (args.length === 1) return [checkArgument(args[0], inputs)];
    throw new ModelInputError(
      `Expected ${describeInputs(inputs)}, got ${args.length} arguments${inputs.length === args.length ? ' that are not all NdArrays' : ''}.`,
    );
  };
}

function checkArgument(argument: unknown, inputs: readonly OnnxValue[]): Record<string, NdArray> {
  if (argument instanceof NdArray) {
    throw new ModelInputError(`Expected ${describeInputs(inputs)}, got one tensor without a name.`);
  }
  if (typeof argument !== 'object' || argument === null || Array.isArray(argument)) {
    const got = Array.isArray(argument) ? 'a list' : `a value of type ${typeof argument}`;
    throw new ModelInputError(
      `Expected ${describeInputs(inputs)} as NdArray, got ${got}. Use NdArray.from(…).`,
    );
  }
  if (argument instanceof DataFrame) return checkRecord(toFeeds(argument, inputs), inputs);
  return checkRecord(argument as Readonly<Record<string, unknown>>, inputs);
}

/** Models that were exported by columns, as skl2onnx does, take each as [rows, 1]. */
function toFeeds(frame: DataFrame, inputs: readonly OnnxValue[]): Record<string, NdArray> {
  const [only] = inputs;
  if (only !== undefined && inputs.length === 1) return { [only.name]: frame.toNdArray() };
  const feeds = frame.entries().map(([name, column]) => {
    const rank = inputs.find((input) => input.name === name)?.shape.length;
    return [name, rank === 2 ? new NdArray(column.dtype, column.data, [frame.length, 1]) : column];
  });
  return Object.fromEntries(feeds);
}

function checkRecord(
  feeds: Readonly<Record<string, unknown>>,
  inputs: readonly OnnxValue[],
): Record<string, NdArray> {
  const unknown = Object.keys(feeds).find((name) => !inputs.some((input) => input.name === name));
  if (unknown !== undefined) {
    throw new ModelInputError(
      `The model has no input "${unknown}". Expected ${describeInputs(inputs)}.`,
      { details: { input: unknown } },
    );
  }
  const checked: Record<string, NdArray> = {};
  for (const input of inputs) {
    const tensor = Object.hasOwn(feeds, input.name) ? feeds[input.name] : undefined;
    if (!(tensor instanceof NdArray)) {
      const got = tensor === undefined ? 'nothing' : `a value of type ${typeof tensor}`;
      throw new ModelInputError(`Expected input ${describeValue(input)} as NdArray, got ${got}.`, {
        details: { input: input.name },
      });
    }
    checked[input.name] = checkTensor(tensor, input);
  }
  return checked;
}

function checkTensor(tensor: NdArray, input: OnnxValue): NdArray {
  const { shape } = input;
  if (tensor.shape.length !== shape.length) throw mismatch(tensor, input, `rank ${shape.length}`);
  for (let axis = 0; axis < shape.length; axis++) {
    const expected = shape[axis];
    if (typeof expected === 'number' && tensor.shape[axis] !== expected) {
      throw mismatch(tensor, input, `dimension ${axis} to be ${expected}`);
    }
  }
  if (tensor.dtype === 'string') checkStrings(tensor, input);
  if (tensor.dtype === input.dtype) return tensor;
  if (!canCast(tensor.dtype, input.dtype)) throw mismatch(tensor, input, `dtype ${input.dtype}`);
  return tensor.astype(input.dtype);
}

/** onnxruntime takes strings as C does: it would drop what follows a NUL without a word. */
function checkStrings(tensor: NdArray, input: OnnxValue): void {
  const strings = tensor.data as readonly string[];
  const position = strings.findIndex((text) => text.includes('\0'));
  if (position === -1) return;
  throw new ModelInputError(
    `Expected input ${describeValue(input)} without NUL characters (U+0000), got one in element ${position}. Remove it.`,
    { details: { input: input.name, element: position } },
  );
}

function mismatch(tensor: NdArray, input: OnnxValue, expected: string): ModelInputError {
  const got = `${tensor.dtype} [${tensor.shape.join(', ')}]`;
  return new ModelInputError(
    `Expected input ${describeValue(input)} with ${expected}, got ${got}. Send a tensor of that form.`,
    {
      details: {
        input: input.name,
        expected: { dtype: input.dtype, shape: input.shape },
        got: { dtype: tensor.dtype, shape: tensor.shape },
      },
    },
  );
}

function describeInputs(inputs: readonly OnnxValue[]): string {
  const list = inputs.map((input) => describeValue(input)).join(', ');
  return inputs.length === 1
    ? `the input ${list}`
    : `a record of the inputs ${list}, or one tensor for each in this order`;
}
