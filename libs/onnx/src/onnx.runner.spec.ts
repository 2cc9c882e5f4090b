import { fileURLToPath } from 'node:url';
import { NdArray } from 'bentonest/tensor';
import { expect, it, vi } from 'vitest';
import { onnxRunner } from './onnx.runner.js';
import type { OnnxRunnerOptions } from './onnx.runner.js';

// On a machine of two cores the real one always says 1.
vi.mock('bentonest/runner', async (importOriginal) => {
  const runner = await importOriginal<typeof import('bentonest/runner')>();
  return { ...runner, shareCores: (options: object) => runner.shareCores(options, 12) };
});

const model = fileURLToPath(new URL('../../../test/models/cases/several.onnx', import.meta.url));

it('sends the worker its options as JSON, and keeps the runner’s own', async () => {
  const options = {
    outputs: ['doubled'],
    batchable: true,
    batchDim: [0, 0],
    sessionOptions: { graphOptimizationLevel: 'basic' },
    executionProviders: [{ name: 'cpu' }],
    threads: 3,
  } as const;
  const definition = onnxRunner('several', { model, maxBatchSize: 7, ...options });
  expect(definition).toMatchObject({ name: 'several', maxBatchSize: 7 });
  expect(definition).not.toHaveProperty('outputs');
  const source = await definition.source();
  expect(source).toMatchObject({ className: 'OnnxRunnable' });
  expect(JSON.parse(JSON.stringify(source.options))).toEqual({
    file: model,
    signatures: {},
    digests: {},
    ...options,
  });
});

it('gives each worker its share of the cores, where not both are set', async () => {
  const share = async (options: Partial<OnnxRunnerOptions>): Promise<readonly unknown[]> => {
    const { workers, source } = onnxRunner('several', { model, ...options });
    return [workers, ((await source()).options as { threads: number }).threads];
  };
  expect(await share({})).toEqual([1, 11]);
  expect(await share({ workers: { min: 1, max: 2 } })).toEqual([{ min: 1, max: 2 }, 5]);
  expect(await share({ threads: 4 })).toEqual([2, 4]);
});

it.each<[keyof OnnxRunnerOptions, unknown]>([
  ['threads', 0],
  ['threads', 1.5],
  ['outputs', []],
  ['outputs', ['a', 'a']],
  ['examples', 'zeros'],
  ['examples', [undefined]],
  ['batchDim', -1],
  ['batchDim', 0.5],
  ['batchDim', [0]],
  ['batchDim', [0, 1, 2]],
  ['batchDim', [0, null]],
])('refuses the option %s: %j', (option, value) => {
  expect(() => onnxRunner('several', { model, [option]: value })).toThrow(
    expect.objectContaining({
      code: 'INVALID_RUNNER_OPTIONS',
      details: { runner: 'several', option },
      message: expect.stringMatching(
        new RegExp(`^Option ${option} of runner "several" must be `),
      ) as string,
    }) as Error,
  );
});

it('refuses examples that JSON cannot hold, with the cure', () => {
  const runner = (examples: OnnxRunnerOptions['examples']): unknown =>
    onnxRunner('several', { model, examples });
  expect(() => runner([[1n]])).toThrow(/Option examples .* got \[ \[ 1n \] \]/);
  expect(() => runner([NdArray.from([1n])])).not.toThrow();
});
