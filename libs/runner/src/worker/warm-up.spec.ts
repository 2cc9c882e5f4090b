import { expect, it, onTestFinished, vi } from 'vitest';
import { RunnableMethod } from '../runnable/runnable-method.decorator.js';
import type { ExampleCall } from '../runnable/runnable.js';
import { loadRunnable } from './load-runnable.js';
import type { LoadedRunnable } from './load-runnable.js';
import { warmUp } from './warm-up.js';

class Warm {
  readonly seen: string[] = [];

  constructor(private readonly examples: readonly ExampleCall[]) {}

  exampleCalls(): readonly ExampleCall[] {
    return this.examples;
  }

  @RunnableMethod()
  predict(value: string): void {
    this.seen.push(value);
    if (value === 'bad') throw new RangeError('no such row');
  }
}

const call = (value: string, optional?: boolean): ExampleCall => ({
  method: 'predict',
  args: [value],
  ...(optional === undefined ? {} : { optional }),
});

const load = (...options: readonly ExampleCall[]): Promise<LoadedRunnable> =>
  loadRunnable({ moduleUrl: '', className: '', options, runnable: Warm });

const seen = ({ instance }: LoadedRunnable): readonly string[] => (instance as Warm).seen;

it('runs every example in each round', async () => {
  const loaded = await load(call('a'), call('b'));
  await warmUp('r', loaded, 2);
  expect(seen(loaded)).toEqual(['a', 'b', 'a', 'b']);
});

it('runs none in no round', async () => {
  const loaded = await load(call('bad'));
  await warmUp('r', loaded, 0);
  expect(seen(loaded)).toEqual([]);
});

it('an example that fails ends the start, and says which and why', async () => {
  const loaded = await load(call('bad'));
  await expect(warmUp('r', loaded, 1)).rejects.toThrow(
    /The example call of "predict" failed: RangeError: no such row\. .*optional: true/,
  );
});

it('an optional one that fails is told', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => told.mockRestore());
  await warmUp('r', await load(call('bad', true)), 3);
  expect(told.mock.calls).toEqual([
    ['Runner "r": warm-up: the example call of "predict" failed: RangeError: no such row'],
  ]);
});
