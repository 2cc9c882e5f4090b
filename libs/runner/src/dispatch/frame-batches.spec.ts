import { DataFrame, NdArray } from 'bentonest/tensor';
import { describe, expect, it } from 'vitest';
import { groupOf } from '../wire/tensor-group.js';
import type { MethodDescription } from '../wire/frame.js';
import { assembleBatch, splitResult } from './batch.js';
import { batchKeyOf } from './batch-key.js';
import type { QueuedCall } from './call.js';
import { prepareCall } from './prepare-call.js';
import { joinResults, splitCall } from './split-call.js';

const method: MethodDescription = { name: 'predict', batchable: true, batchDim: [0, 0] };

function frame(names: readonly string[], ...rows: readonly number[]): DataFrame {
  return new DataFrame(names.map((name) => [name, NdArray.from(rows)] as const));
}

function queued(table: DataFrame): QueuedCall {
  return { prepared: prepareCall(method, [table]), call: { deadline: 0 } } as QueuedCall;
}

// An object would put names that are whole numbers first, in the order of their values.
const NAMES = ['name', '10', '9'];

describe('DataFrames keep the order of their columns', () => {
  it('when they are joined to a batch and split again', () => {
    const tables = [frame(NAMES, 1), frame(NAMES, 2, 3)];
    const batch = assembleBatch(tables.map((table) => queued(table)));
    expect(groupOf(batch.args[0])?.tensors.map(([name]) => name)).toEqual(NAMES);
    expect(splitResult(batch, frame(NAMES, 1, 2, 3))).toEqual(tables);
  });

  it('when they are split over batches and joined again', () => {
    const table = frame(NAMES, 1, 2, 3);
    const parts = splitCall(prepareCall(method, [table]), 2).map(({ args }) => args[0]);
    expect(parts).toEqual([frame(NAMES, 1, 2), frame(NAMES, 3)]);
    expect(joinResults(parts, method)).toEqual(table);
  });

  it('and share no batch with those of another order', () => {
    const keys = [NAMES, NAMES.toReversed()].map((names) =>
      batchKeyOf(prepareCall(method, [frame(names, 1)])),
    );
    expect(keys[0]).not.toBe(keys[1]);
  });
});
