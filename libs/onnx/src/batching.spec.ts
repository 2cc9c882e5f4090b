import { describe, expect, it } from 'vitest';
import { batchingOf } from './batching.js';
import type { StoredSignature } from './batching.js';

const value = (name: string, shape: (string | number)[]) =>
  ({ name, dtype: 'float32', shape }) as const;
const free = { inputs: [value('x', ['n', 4])], outputs: [value('y', ['n', 3])] };
const fixed = { inputs: [value('x', [1, 4])], outputs: [value('y', [1, 3])] };
const second = { inputs: [value('x', [4, 'n'])], outputs: [value('y', ['n', 3])] };

function signature(
  batchable: boolean,
  batchDim: readonly [number, number] = [0, 0],
): StoredSignature {
  return { batchable, batchDim };
}

describe('a signature of the model store', () => {
  it('sets the batching of its method, and that of run the others’', () => {
    const signatures = { run: signature(false), predict: signature(true) };
    expect(batchingOf('predict', free, {}, signatures)).toEqual(signature(true));
    expect(batchingOf('run', free, {}, signatures)).toEqual(signature(false));
    expect(batchingOf('predict', free, {}, { run: signature(false) }).batchable).toBe(false);
  });

  it('sets the batch dimension', () => {
    const signatures = { run: signature(true, [1, 0]) };
    expect(batchingOf('predict', second, {}, signatures)).toEqual(signature(true, [1, 0]));
  });

  it('gives way to the options in code', () => {
    const signatures = { run: signature(false) };
    expect(batchingOf('predict', free, { batchable: true }, signatures).batchable).toBe(true);
    expect(batchingOf('predict', second, { batchDim: [1, 0] }, signatures)).toEqual(
      signature(true, [1, 0]),
    );
  });

  it('permits batches, and makes none where the model has none', () => {
    expect(batchingOf('predict', fixed, {}, { run: signature(true) }).batchable).toBe(false);
  });

  it('leaves it to the model where there is none', () => {
    expect(batchingOf('predict', free, {}).batchable).toBe(true);
    expect(batchingOf('predict', fixed, {}, {}).batchable).toBe(false);
  });
});
