import { NdArray, concat, split } from 'bentonest/tensor';
import { RowCountError } from '../runner.errors.js';
import type { MethodDescription } from '../wire/frame.js';
import { TensorChunks } from '../wire/tensor-chunks.js';
import { groupOf, toGroupValue, toOutgoingGroup } from '../wire/tensor-group.js';
import type { PreparedCall, QueuedCall } from './call.js';

/** What the process that ran a batch tells of it. */
export interface WorkerRun {
  readonly pid: number;
  /** Its own time for the batch, in milliseconds. */
  readonly runMs: number;
}

/** Calls that run as one. */
export interface Batch {
  readonly method: MethodDescription;
  readonly calls: readonly QueuedCall[];
  readonly rows: number;
  readonly args: readonly unknown[];
  /** When the last of its calls is given up, on the dispatcher's clock: then nobody reads the result. */
  readonly deadline: number;
  /** Set by the target that has run it; not where that failed. */
  worker?: WorkerRun;
}

/** Joins calls of one batch key. */
export function assembleBatch(calls: readonly QueuedCall[]): Batch {
  const first = calls[0]?.prepared;
  if (first === undefined) throw new RangeError('A batch has at least one call.');
  const rows = calls.reduce((sum, { prepared }) => sum + prepared.rows, 0);
  const deadline = calls.reduce((last, { call }) => Math.max(last, call.deadline), 0);
  return { method: first.method, calls, rows, deadline, args: joinArguments(calls, first, rows) };
}

function joinArguments(
  calls: readonly QueuedCall[],
  first: PreparedCall,
  rows: number,
): readonly unknown[] {
  if (calls.length === 1) return first.args;
  const axis = first.method.batchDim[0];
  return first.args.map((_, index) => {
    const values = calls.map(({ prepared }) => prepared.args[index]);
    return joinValues(values, axis, rows);
  });
}

function joinValues(values: readonly unknown[], axis: number, rows: number): unknown {
  const groups = values.map((value) => groupOf(value));
  const [first] = groups;
  if (first === undefined) return joinTensors(values as readonly NdArray[], axis, rows);
  // Calls of one batch key have the same names in the same order.
  const entries = first.tensors.map(([name], index) => {
    const tensors = groups.map((group) => group?.tensors[index]?.[1] as NdArray);
    return [name, joinTensors(tensors, axis, rows)] as const;
  });
  return toOutgoingGroup(first.kind, entries);
}

function joinTensors(
  tensors: readonly NdArray[],
  axis: number,
  rows: number,
): NdArray | TensorChunks {
  if (axis !== 0) return concat(tensors, axis);
  const [first] = tensors as readonly [NdArray];
  const shape = [rows, ...first.shape.slice(1)];
  return new TensorChunks(
    first.dtype,
    shape,
    tensors.map((tensor) => tensor.data),
  );
}

/**
 * Cuts the result of a batch into those of its calls; a batch of one gets it whole.
 *
 * @throws RowCountError when a batchable method did not answer a row for a row.
 */
export function splitResult(batch: Batch, result: unknown): readonly unknown[] {
  const { method } = batch;
  if (!method.batchable) return [result];
  const sizes = batch.calls.map(({ prepared }) => prepared.rows);
  if (Array.isArray(result)) {
    const columns = result.map((item) => splitValue(item, sizes, method));
    return sizes.map((_, call) => columns.map((column) => column[call]));
  }
  return splitValue(result, sizes, method);
}

function splitValue(
  value: unknown,
  sizes: readonly number[],
  method: MethodDescription,
): readonly unknown[] {
  const group = groupOf(value);
  if (group === undefined) return splitTensor(value, sizes, method);
  const columns = group.tensors.map(
    ([name, tensor]) => [name, splitTensor(tensor, sizes, method)] as const,
  );
  return sizes.map((_, call) =>
    toGroupValue(
      group.kind,
      columns.map(([name, column]) => [name, column[call]]),
    ),
  );
}

function splitTensor(
  value: unknown,
  sizes: readonly number[],
  method: MethodDescription,
): readonly NdArray[] {
  const axis = method.batchDim[1];
  const expected = sizes.reduce((sum, size) => sum + size, 0);
  if (!(value instanceof NdArray)) {
    throw new RowCountError(method.name, expected, 'a value that is not a tensor');
  }
  if (value.shape[axis] !== expected) {
    throw new RowCountError(method.name, expected, `a tensor of shape [${value.shape.join(', ')}]`);
  }
  return sizes.length === 1 ? [value] : split(value, sizes, axis);
}
