import { NdArray, concat, split } from 'bentonest/tensor';
import type { MethodDescription } from '../wire/frame.js';
import { groupOf, toGroupValue } from '../wire/tensor-group.js';
import type { PreparedCall } from './call.js';

/** Cuts a call of more rows than a batch may have into calls of at most `maxRows`. */
export function splitCall(prepared: PreparedCall, maxRows: number): PreparedCall[] {
  const sizes: number[] = [];
  for (let left = prepared.rows; left > 0; left -= maxRows) sizes.push(Math.min(left, maxRows));
  const axis = prepared.method.batchDim[0];
  const args = prepared.args.map((arg) => splitArgument(arg, sizes, axis));
  return sizes.map((rows, part) => ({
    ...prepared,
    rows,
    args: args.map((pieces) => pieces[part]),
  }));
}

function splitArgument(arg: unknown, sizes: readonly number[], axis: number): readonly unknown[] {
  const group = groupOf(arg);
  if (group === undefined) return split(arg as NdArray, sizes, axis);
  const columns = group.tensors.map(
    ([name, tensor]) => [name, split(tensor as NdArray, sizes, axis)] as const,
  );
  return sizes.map((_, part) =>
    toGroupValue(
      group.kind,
      columns.map(([name, pieces]) => [name, pieces[part]]),
    ),
  );
}

/** Joins the results of a call's parts, in order. */
export function joinResults(results: readonly unknown[], method: MethodDescription): unknown {
  const axis = method.batchDim[1];
  const [first] = results;
  if (first instanceof NdArray) return concat(results as readonly NdArray[], axis);
  if (Array.isArray(first)) {
    const rows = results as readonly (readonly unknown[])[];
    return first.map((_, column) =>
      joinResults(
        rows.map((row) => row[column]),
        method,
      ),
    );
  }
  const [group, ...others] = results.map((result) => groupOf(result));
  if (group === undefined) return first;
  const rest = others.map((other) => new Map(other?.tensors));
  const entries = group.tensors.map(([name, tensor]) => {
    const tensors = [tensor, ...rest.map((each) => each.get(name))] as NdArray[];
    return [name, concat(tensors, axis)] as const;
  });
  return toGroupValue(group.kind, entries);
}
