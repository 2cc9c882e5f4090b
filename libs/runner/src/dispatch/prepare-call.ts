import { NdArray } from 'bentonest/tensor';
import { NotBatchableError } from '../runner.errors.js';
import type { MethodDescription } from '../wire/frame.js';
import { isTensorRecord } from '../wire/values.js';
import type { PreparedCall } from './call.js';

/** Checks and converts the arguments of a call before it is queued; throws what its caller gets. */
export type ArgumentCheck = (
  method: MethodDescription,
  args: readonly unknown[],
) => readonly unknown[];

/**
 * Counts the rows of a call and says with which others it may share a batch: those of the same
 * method whose tensors have the same names, dtypes and dimensions other than the batch dimension.
 *
 * @throws NotBatchableError where the method is batchable and an argument is no tensor, or the
 * arguments disagree in their rows.
 */
export function prepareCall(method: MethodDescription, args: readonly unknown[]): PreparedCall {
  if (!method.batchable) return { method, args, rows: 1, batchKey: undefined };
  const axis = method.batchDim[0];
  let rows = -1;
  let batchKey = method.name;
  const add = (tensor: unknown, name: string): void => {
    const tensorRows = rowsOf(tensor, { axis, name, method: method.name });
    if (rows !== -1 && rows !== tensorRows) {
      throw new NotBatchableError(
        `The arguments of "${method.name}" must have the same number of rows: expected ${rows}, got ${tensorRows} in ${name}.`,
      );
    }
    rows = tensorRows;
    batchKey += tensorKey(tensor as NdArray, axis, name);
  };
  for (const [index, arg] of args.entries()) {
    if (isTensorRecord(arg)) for (const name of Object.keys(arg)) add(arg[name], name);
    else add(arg, `argument ${index}`);
  }
  if (rows === -1) {
    throw new NotBatchableError(`Method "${method.name}" is batchable: call it with an NdArray.`);
  }
  return { method, args, rows, batchKey };
}

function rowsOf(tensor: unknown, at: { axis: number; name: string; method: string }): number {
  if (tensor instanceof NdArray) {
    const rows = tensor.shape[at.axis];
    if (rows !== undefined) return rows;
    throw new NotBatchableError(
      `Method "${at.method}" is batched along dimension ${at.axis}, which ${at.name} of shape [${tensor.shape.join(', ')}] does not have. Add the batch dimension.`,
    );
  }
  throw new NotBatchableError(
    `Method "${at.method}" is batchable: expected an NdArray or a record of NdArrays as ${at.name}, got ${describeValue(tensor)}.`,
  );
}

function describeValue(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value)
    ? 'a list; use NdArray.from(list)'
    : `a value of type ${typeof value}`;
}

function tensorKey(tensor: NdArray, axis: number, name: string): string {
  let key = `|${name}:${tensor.dtype}`;
  for (let i = 0; i < tensor.shape.length; i++) key += i === axis ? ',*' : `,${tensor.shape[i]}`;
  return key;
}
