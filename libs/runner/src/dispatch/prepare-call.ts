import { NdArray } from 'bentonest/tensor';
import { NotBatchableError } from '../runner.errors.js';
import type { MethodDescription } from '../wire/frame.js';
import { groupOf } from '../wire/tensor-group.js';
import type { PreparedCall } from './call.js';

/** Checks and converts the arguments of a call before it is queued; throws what its caller gets. */
export type ArgumentCheck = (
  method: MethodDescription,
  args: readonly unknown[],
) => readonly unknown[];

/**
 * Counts the rows of a call.
 *
 * @throws NotBatchableError where the method is batchable and an argument is no tensor, or the
 * arguments disagree in their rows.
 */
export function prepareCall(method: MethodDescription, args: readonly unknown[]): PreparedCall {
  if (!method.batchable) return { method, args, rows: 1 };
  let rows = -1;
  forEachTensor(args, (tensor, name) => {
    const tensorRows = rowsOf(tensor, { axis: method.batchDim[0], name, method: method.name });
    if (rows !== -1 && rows !== tensorRows) {
      throw new NotBatchableError(
        `The arguments of "${method.name}" must have the same number of rows: expected ${rows}, got ${tensorRows} in ${name}.`,
      );
    }
    rows = tensorRows;
  });
  if (rows !== -1) return { method, args, rows };
  throw new NotBatchableError(
    `Method "${method.name}" is batchable: call it with an NdArray or a DataFrame.`,
  );
}

/** Visits the tensors among the arguments of a batchable method, and those in records, by name. */
function forEachTensor(
  args: readonly unknown[],
  visit: (tensor: unknown, name: string) => void,
): void {
  for (let index = 0; index < args.length; index++) {
    const arg = args[index];
    const group = groupOf(arg);
    if (group === undefined) visit(arg, `argument ${index}`);
    else for (const [name, tensor] of group.tensors) visit(tensor, name);
  }
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
    `Method "${at.method}" is batchable: expected an NdArray, a DataFrame or a record of NdArrays as ${at.name}, got ${describeValue(tensor)}.`,
  );
}

function describeValue(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value)
    ? 'a list; use NdArray.from(list)'
    : `a value of type ${typeof value}`;
}
