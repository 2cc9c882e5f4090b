import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelStore } from 'bentonest/model-store';
import type { SignatureOptions } from 'bentonest/model-store';
import { NdArray } from 'bentonest/tensor';
import { expect, it, onTestFinished, vi } from 'vitest';
import { OnnxRunnable } from './onnx.runnable.js';
import type { OnnxRunnableOptions } from './onnx.runnable.js';
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

it('hands the signature of the store to the worker, which batches by it', async () => {
  const home = await mkdtemp(join(tmpdir(), 'onnx-runner-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const store = new ModelStore({ home });
  const file = fileURLToPath(
    new URL('../../../test/models/cases/batch_dims_1_0.onnx', import.meta.url),
  );
  const batchingOf = async (run: SignatureOptions): Promise<unknown> => {
    const { tag } = await store.save('net', file, { signatures: { run } });
    const { options } = await onnxRunner('net', { model: tag.toString(), home }).source();
    // As the worker gets them.
    const runnable = new OnnxRunnable(JSON.parse(JSON.stringify(options)) as OnnxRunnableOptions);
    onTestFinished(() => runnable.close());
    await runnable.setup();
    return runnable.describeMethods([{ name: 'run', batchable: true, batchDim: [0, 0] }]);
  };
  // Without a signature the model itself would say: along 0, which is fixed, so not at all.
  expect(await batchingOf({ batchable: true, batchDim: [1, 0] })).toMatchObject([
    { name: 'run', batchable: true, batchDim: [1, 0] },
  ]);
  expect(await batchingOf({ batchable: false, batchDim: [1, 0] })).toMatchObject([
    { name: 'run', batchable: false, batchDim: [1, 0] },
  ]);
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

it('has no Python to be set from outside', () => {
  const runner = onnxRunner('x', { model: 'x' });
  expect(() => runner.withOptions?.({ python: 'python3' })).toThrow('has no worker in Python');
  expect(runner.withOptions?.({ maxQueue: 3 }).maxQueue).toBe(3);
});
