import { NdArray } from 'bentonest/tensor';
import { groupOf } from '../wire/tensor-group.js';
import type { PreparedCall } from './call.js';

/**
 * Calls with equal keys may share a batch: those of the same method whose tensors have the same
 * names, dtypes and dimensions other than the batch dimension.
 */
export function batchKeyOf({ method, args }: PreparedCall): string {
  if (!method.batchable) return method.name;
  const axis = method.batchDim[0];
  const key = args.map((arg, index) => {
    const group = groupOf(arg);
    if (group === undefined) return tensorKey(arg as NdArray, axis, String(index));
    const keys = group.tensors.map(([name, tensor]) =>
      tensorKey(tensor as NdArray, axis, JSON.stringify(name)),
    );
    return group.kind + keys.join('');
  });
  return method.name + key.join('');
}

function tensorKey(tensor: NdArray, axis: number, name: string): string {
  return `|${name}:${tensor.dtype},${tensor.shape.with(axis, -1).join(',')}`;
}

/** As equal keys, without making them, for the calls that most services get: one tensor each. */
export function isAlike(a: PreparedCall, b: PreparedCall): boolean {
  const [x] = a.args;
  const [y] = b.args;
  return (
    a.method === b.method &&
    a.args.length === 1 &&
    b.args.length === 1 &&
    x instanceof NdArray &&
    y instanceof NdArray &&
    x.dtype === y.dtype &&
    sameButFor(x.shape, y.shape, a.method.batchDim[0])
  );
}

function sameButFor(a: readonly number[], b: readonly number[], axis: number): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (i !== axis && a[i] !== b[i]) return false;
  return true;
}
