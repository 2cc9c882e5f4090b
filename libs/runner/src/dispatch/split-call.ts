import { NdArray, concat, split } from 'bentonest/tensor';
import type { MethodDescription } from '../wire/frame.js';
import { isTensorRecord } from '../wire/values.js';
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
  if (arg instanceof NdArray) return split(arg, sizes, axis);
  const columns = Object.entries(arg as Record<string, NdArray>).map(
    ([name, tensor]) => [name, split(tensor, sizes, axis)] as const,
  );
  return sizes.map((_, part) =>
    Object.fromEntries(columns.map(([name, pieces]) => [name, pieces[part]])),
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
  if (!isTensorRecord(first)) return first;
  const records = results as readonly Record<string, NdArray>[];
  const join = (name: string): unknown =>
    joinResults(
      records.map((record) => record[name]),
      method,
    );
  return Object.fromEntries(Object.keys(first).map((name) => [name, join(name)]));
}
