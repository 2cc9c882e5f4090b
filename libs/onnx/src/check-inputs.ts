import type { ArgumentCheck } from 'bentonest/runner';
import { NdArray, canCast } from 'bentonest/tensor';
import { ModelInputError } from './onnx.errors.js';
import type { OnnxMetadata, OnnxValue } from './onnx.metadata.js';

/**
 * Checks calls against the model's own inputs in the API process, so that a bad one fails with a
 * precise message before it shares a batch. Tensors are cast to the model's dtype where numpy's
 * `same_kind` rule allows it.
 */
export function createInputCheck(metadata: unknown): ArgumentCheck {
  const { inputs } = metadata as OnnxMetadata;
  return (_method, args) => {
    if (args.length !== 1) {
      throw new ModelInputError(
        `Expected one argument, ${describeInputs(inputs)}, got ${args.length} arguments.`,
      );
    }
    return [checkArgument(args[0], inputs)];
  };
}

function checkArgument(argument: unknown, inputs: readonly OnnxValue[]): unknown {
  const [first] = inputs;
  if (argument instanceof NdArray) {
    if (inputs.length === 1 && first !== undefined) return checkTensor(argument, first);
    throw new ModelInputError(`Expected ${describeInputs(inputs)}, got one tensor without a name.`);
  }
  if (typeof argument !== 'object' || argument === null || Array.isArray(argument)) {
    const got = Array.isArray(argument) ? 'a list' : `a value of type ${typeof argument}`;
    throw new ModelInputError(
      `Expected ${describeInputs(inputs)} as NdArray, got ${got}. Use NdArray.from(…).`,
    );
  }
  return checkRecord(argument as Readonly<Record<string, unknown>>, inputs);
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
      throw new ModelInputError(`Expected input ${describe(input)} as NdArray, got ${got}.`, {
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
  if (tensor.dtype === input.dtype) return tensor;
  if (!canCast(tensor.dtype, input.dtype)) throw mismatch(tensor, input, `dtype ${input.dtype}`);
  return tensor.astype(input.dtype);
}

function mismatch(tensor: NdArray, input: OnnxValue, expected: string): ModelInputError {
  const got = `${tensor.dtype} [${tensor.shape.join(', ')}]`;
  return new ModelInputError(
    `Expected input ${describe(input)} with ${expected}, got ${got}. Send a tensor of that form.`,
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
  const list = inputs.map((input) => describe(input)).join(', ');
  return inputs.length === 1 ? `the input ${list}` : `a record of the inputs ${list}`;
}

function describe({ name, dtype, shape }: OnnxValue): string {
  const dimensions = shape.map((size) => (size === '' ? 'any' : size)).join(', ');
  return `"${name}" (${dtype} [${dimensions}])`;
}
