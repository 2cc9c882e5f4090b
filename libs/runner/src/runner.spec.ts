import { DataFrame, NdArray } from 'bentonest/tensor';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { RunnableMethod } from './runnable/runnable-method.decorator.js';
import type { ExampleCall, MethodDescription, Runnable } from './runnable/index.js';
import { createRunnerHandle } from './runner.js';
import type { Runner, RunnerControl } from './runner.js';

class Doubler implements Runnable {
  readonly factor = 2;

  setup(): void {}
  metadata(): unknown {
    return {};
  }
  describeMethods(declared: readonly MethodDescription[]): readonly MethodDescription[] {
    return declared;
  }
  exampleCalls(): readonly ExampleCall[] {
    return [];
  }
  close(): void {}

  @RunnableMethod({ batchable: true })
  predict(input: NdArray<'float32'>): NdArray<'float32'> {
    return input;
  }

  @RunnableMethod()
  warm(): void {}

  @RunnableMethod()
  async describe(question: { readonly about: string }, times?: number): Promise<DataFrame> {
    return DataFrame.from([{ about: question.about, times: times ?? 1 }]);
  }
}

interface Received {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly options: unknown;
}

function createHandle(): { received: Received[]; runner: Runner<Doubler> } {
  const received: Received[] = [];
  const control: RunnerControl = {
    call: (method, args, options) => {
      received.push({ method, args, options });
      return Promise.resolve(args[0]);
    },
    reload: (model) => {
      received.push({ method: 'reload', args: [model], options: undefined });
      return Promise.resolve();
    },
    scale: (workers) => {
      received.push({ method: 'scale', args: [workers], options: undefined });
      return Promise.resolve();
    },
  };
  return { received, runner: createRunnerHandle('doubler', control) as unknown as Runner<Doubler> };
}

const input = NdArray.from([1], { dtype: 'float32' });

describe('a runner’s methods', () => {
  it('have the types of its Runnable', () => {
    const { runner } = createHandle();
    expectTypeOf(runner.predict.run).returns.resolves.toEqualTypeOf<NdArray<'float32'>>();
    expectTypeOf(runner.describe.asyncRun).returns.resolves.toEqualTypeOf<DataFrame>();
    expectTypeOf(runner.predict.run).toBeCallableWith(input, { timeoutMs: 5, priority: 1 });
    expectTypeOf(runner.describe.run).toBeCallableWith({ about: 'x' });
    const mistakes = (): void => {
      // @ts-expect-error -- no such method
      void runner.forecast;
      // @ts-expect-error -- a property is no method
      void runner.factor;
      // @ts-expect-error -- a hook is the worker's
      void runner.setup;
      // @ts-expect-error -- likewise
      void runner.metadata;
      // @ts-expect-error -- likewise
      void runner.describeMethods;
      // @ts-expect-error -- likewise
      void runner.exampleCalls;
      // @ts-expect-error -- likewise
      void runner.close;
      // @ts-expect-error -- a list is no NdArray
      void runner.predict.run([1]);
      // @ts-expect-error -- another dtype
      void runner.predict.run(NdArray.from(['x'], { dtype: 'string' }));
      // @ts-expect-error -- an argument is missing
      void runner.describe.run();
      // @ts-expect-error -- no such option
      void runner.predict.run(input, { timeout: 5 });
    };
    expectTypeOf(mistakes).returns.toBeVoid();
  });

  it('pass arguments on, and options where they come last', async () => {
    const { runner, received } = createHandle();
    const { signal } = new AbortController();
    await runner.predict.run(input);
    await runner.predict.asyncRun(input, { signal, timeoutMs: 5, priority: -1 });
    await runner.describe.run({ about: 'x' }, 2, { priority: 3 });
    await runner.describe.run({ about: 'x' }, 2, {});
    await runner.warm.run({ timeoutMs: 7 });
    expect(received).toEqual([
      { method: 'predict', args: [input], options: undefined },
      { method: 'predict', args: [input], options: { signal, timeoutMs: 5, priority: -1 } },
      { method: 'describe', args: [{ about: 'x' }, 2], options: { priority: 3 } },
      { method: 'describe', args: [{ about: 'x' }, 2], options: {} },
      { method: 'warm', args: [], options: { timeoutMs: 7 } },
    ]);
  });

  it.each([
    [{ timeoutMs: NaN }, 'timeoutMs of a call must be a positive number of milliseconds, got NaN.'],
    [{ timeoutMs: -5 }, 'timeoutMs of a call must be a positive number of milliseconds, got -5.'],
    [{ priority: NaN }, 'priority of a call must be a finite number, got NaN.'],
  ])('refuse options that mean nothing: %o', async (options, message) => {
    const { runner, received } = createHandle();
    await expect(runner.predict.run(input, options)).rejects.toMatchObject({
      code: 'INVALID_RUNNER_OPTIONS',
      message,
    });
    expect(received).toEqual([]);
  });

  it('leave reload and scale to the runner itself', async () => {
    const { runner, received } = createHandle();
    await runner.reload('doubler:2');
    await runner.scale(3);
    expect(received).toMatchObject([
      { method: 'reload', args: ['doubler:2'] },
      { method: 'scale', args: [3] },
    ]);
    expect(() => RunnableMethod()(Doubler.prototype, 'reload', {})).toThrow(
      /cannot be called "reload".*Doubler#reload/,
    );
    expect(() => RunnableMethod()(Doubler.prototype, 'close', {})).toThrow(
      /cannot be called "close": the worker calls a hook.*Doubler#close/,
    );
  });

  it('a handle is no promise, and can be awaited', async () => {
    const { runner } = createHandle();
    expect(await (runner as unknown as Promise<unknown>)).toBe(runner);
  });
});
