import { createRunnerHandle } from 'bentonest/runner';
import type { Runner } from 'bentonest/runner';
import { NdArray } from 'bentonest/tensor';
import { expect, expectTypeOf, it } from 'vitest';
import type { OnnxMethods } from './onnx.methods.js';

const x = NdArray.from([[1]], { dtype: 'float32' });

function createHandle(): { received: unknown[]; runner: Runner<OnnxMethods> } {
  const received: unknown[] = [];
  const handle = createRunnerHandle('iris_clf', {
    call: (...call) => Promise.resolve(received.push(call)),
    reload: () => Promise.resolve(),
    scale: () => Promise.resolve(),
  });
  return { received, runner: handle as unknown as Runner<OnnxMethods> };
}

it('a typed handle takes tensors in order or by name, and options last', async () => {
  const { received, runner } = createHandle();
  expectTypeOf(runner.predict.run).returns.resolves.toEqualTypeOf<NdArray>();
  expectTypeOf(runner.run.run).returns.resolves.toEqualTypeOf<Record<string, NdArray>>();
  await runner.predict.run(x);
  await runner.predict.run(x, { timeoutMs: 5 });
  await runner.predict.run(x, x, { timeoutMs: 5 });
  await runner.run.run({ x }, { priority: 1 });
  expect(received).toEqual([
    ['predict', [x]],
    ['predict', [x], { timeoutMs: 5 }],
    ['predict', [x, x], { timeoutMs: 5 }],
    ['run', [{ x }], { priority: 1 }],
  ]);
});

it('what a typed handle has not, or cannot take, is a compile error', () => {
  const { runner } = createHandle();
  const mistakes = (): void => {
    // @ts-expect-error -- no such method
    void runner.predikt;
    // @ts-expect-error -- a hook of the Runnable
    void runner.setup;
    // @ts-expect-error -- no input
    void runner.predict.run();
    // @ts-expect-error -- a list is no NdArray
    void runner.predict.run([[1]]);
    // @ts-expect-error -- nor is it one under a name
    void runner.run.run({ x: [[1]] });
    // @ts-expect-error -- no such option
    void runner.predict.run(x, { timeout: 5 });
  };
  expectTypeOf(mistakes).returns.toBeVoid();
});
