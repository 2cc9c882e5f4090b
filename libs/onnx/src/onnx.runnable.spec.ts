import { existsSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BentoError } from 'bentonest/errors';
import { DTYPES, NdArray } from 'bentonest/tensor';
import type { DType, TensorData } from 'bentonest/tensor';
// oxlint-disable-next-line no-restricted-imports -- what the Runnable asks of it is looked at
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { OnnxRunnableOptions } from './onnx.runnable.js';
import { OnnxRunnable } from './onnx.runnable.js';
import { toPlainExample } from './user-examples.js';
import type { OnnxExample } from './user-examples.js';

const MODELS = fileURLToPath(new URL('../../../test/models/', import.meta.url));

async function load(
  file: string,
  options: Partial<OnnxRunnableOptions> = {},
): Promise<OnnxRunnable> {
  const path = file.startsWith('/') ? file : join(MODELS, file);
  const common = { executionProviders: ['cpu'], threads: 1 };
  const runnable = new OnnxRunnable({ ...common, ...options, file: path });
  await runnable.setup();
  onTestFinished(() => runnable.close());
  return runnable;
}

async function refusal(
  file: string,
  options: Partial<OnnxRunnableOptions> = {},
): Promise<BentoError> {
  const error: unknown = await load(file, options).catch((reason: unknown) => reason);
  if (error instanceof BentoError) return error;
  throw new Error(`${file} gave no BentoError`, { cause: error });
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'onnx-spec-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const declared = [{ name: 'predict', batchable: true, batchDim: [0, 0] as const }];
const floats = (nested: number[][] | number[][][]): NdArray =>
  NdArray.from(nested, { dtype: 'float32' });
const ids = (...values: number[]): NdArray => NdArray.from(values, { dtype: 'int64' });

describe('a dtype', () => {
  /** Extremes, zeros and what has more than one way to be written. */
  const DATA: Readonly<Record<DType, TensorData>> = {
    bool: Uint8Array.of(1, 0, 0, 1),
    int8: Int8Array.of(-128, 127, 0, -1),
    int16: Int16Array.of(-32_768, 32_767, 0, -1),
    int32: Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, -1),
    int64: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n, -1n),
    uint8: Uint8Array.of(0, 255, 1, 128),
    uint16: Uint16Array.of(0, 65_535, 1, 32_768),
    uint32: Uint32Array.of(0, 2 ** 32 - 1, 1, 2 ** 31),
    uint64: BigUint64Array.of(0n, 2n ** 64n - 1n, 1n, 2n ** 63n),
    // 1, the largest, the smallest and -infinity.
    float16: Uint16Array.of(0x3c00, 0x7bff, 0x0001, 0xfc00),
    float32: Float32Array.of(-0, NaN, -Infinity, 3.4e38),
    float64: Float64Array.of(-0, NaN, Infinity, 5e-324),
    string: ['', 'ä€😀', 'a b\n', '"\\'],
  };

  it.each(DTYPES)('%s goes in and comes out the same', async (dtype) => {
    const runnable = await load(`dtypes/${dtype}.onnx`);
    expect(runnable.metadata().inputs).toEqual([{ name: 'x', dtype, shape: ['n', 2] }]);
    const rows = new NdArray(dtype, DATA[dtype], [2, 2]);
    expect(await runnable.predict(rows)).toEqual(rows);
    expect(await runnable.run({ x: rows })).toEqual({ y: rows });
    const none = new NdArray(dtype, DATA[dtype].slice(0, 0), [0, 2]);
    expect(await runnable.predict(none)).toEqual(none);
  });

  it('that JavaScript has not is refused', async () => {
    const error = await refusal('dtypes/bfloat16.onnx');
    expect(error.code).toBe('UNSUPPORTED_MODEL');
    expect(error.message).toMatch(/"bfloat16.onnx".*ONNX element type 16.*float32/);
  });
});

describe('a model of several inputs', () => {
  const values = floats([
    [1, 2],
    [3, 4],
  ]);
  const product = floats([
    [2, 4],
    [0, 0],
  ]);

  it('takes them by name, or in its own order', async () => {
    const runnable = await load('cases/several.onnx');
    const expected = { product, doubled: ids(4, 0), failing: ids(30, 10) };
    expect(await runnable.run({ ids: ids(2, 0), values })).toEqual(expected);
    expect(await runnable.run(values, ids(2, 0))).toEqual(expected);
    expect(await runnable.predict(values, ids(2, 0))).toEqual(product);
  });

  it('computes only the outputs that are chosen, in the order chosen', async () => {
    const every = await load('cases/several.onnx');
    await expect(every.predict(values, ids(7, 7))).rejects.toThrow('out of data bounds');
    const runnable = await load('cases/several.onnx', { outputs: ['doubled', 'product'] });
    expect(runnable.metadata().outputs.map(({ name }) => name)).toEqual(['doubled', 'product']);
    expect(await runnable.predict(values, ids(7, 8))).toEqual(ids(14, 16));
    const answers = await runnable.run(values, ids(2, 0));
    expect(Object.entries(answers)).toEqual([
      ['doubled', ids(4, 0)],
      ['product', product],
    ]);
  });

  it('has no inputs for its weights, also where those that are not needed are listed as such', async () => {
    const runnable = await load('cases/old_weights.onnx', { outputs: ['doubled'] });
    expect(runnable.metadata().inputs.map(({ name }) => name)).toEqual(['x']);
    const x = NdArray.from([1], { dtype: 'float32' });
    expect(await runnable.predict(x)).toEqual(NdArray.from([2], { dtype: 'float32' }));
  });

  it('is refused for an output that it has not, with the nearest first', async () => {
    const error = await refusal('cases/several.onnx', { outputs: ['product', 'double'] });
    expect(error).toMatchObject({
      code: 'UNSUPPORTED_MODEL',
      details: { output: 'double', known: ['doubled', expect.anything(), expect.anything()] },
    });
    expect(error.message).toMatch(/no output "double".*"doubled", ".*option outputs/);
  });
});

describe('sequences and maps', () => {
  it('are refused with the cure', async () => {
    const output = await refusal('cases/zipmap.onnx');
    expect(output.code).toBe('UNSUPPORTED_MODEL');
    expect(output.message).toMatch(
      /output "probabilities" is a sequence or a map.*'zipmap': False/,
    );
    const input = await refusal('cases/sequence.onnx');
    expect(input.code).toBe('UNSUPPORTED_MODEL');
    expect(input.message).toMatch(/input "x" is a sequence or a map, expected a tensor/);
    const chosen = await refusal('cases/zipmap.onnx', { outputs: ['probabilities'] });
    expect(chosen.message).toMatch(/output "probabilities" is a sequence or a map/);
  });

  it('may be among the outputs that are not chosen', async () => {
    const runnable = await load('cases/zipmap.onnx', { outputs: ['label'] });
    const rows = floats([
      [1, 2],
      [2, 1],
    ]);
    expect(await runnable.run(rows)).toEqual({ label: ids(1, 0) });
  });
});

describe('batching', () => {
  it.each<[string, Partial<OnnxRunnableOptions>, boolean, readonly number[]]>([
    ['dtypes/int8.onnx', {}, true, [0, 0]],
    ['dtypes/int8.onnx', { batchable: false }, false, [0, 0]],
    ['cases/batch_dim_1.onnx', {}, false, [0, 0]],
    ['cases/batch_dim_1.onnx', { batchDim: 1 }, true, [1, 1]],
    ['cases/batch_dims_1_0.onnx', { batchDim: [1, 0] }, true, [1, 0]],
    ['cases/scalar.onnx', {}, false, [0, 0]],
  ])('of %s with %j is %s, along %j', async (file, options, batchable, batchDim) => {
    const runnable = await load(file, options);
    expect(runnable.describeMethods(declared)).toMatchObject([
      { name: 'predict', batchable, batchDim },
    ]);
  });

  it.each<[string, Partial<OnnxRunnableOptions>, RegExp]>([
    [
      'cases/batch_dim_1.onnx',
      { batchDim: 0 },
      /along dimension 0.*input "x" \(float32 \[3, batch, 2\]\)/,
    ],
    ['cases/batch_dim_1.onnx', { batchable: true }, /along dimension 0.*input "x"/],
    ['cases/batch_dims_1_0.onnx', { batchDim: 1 }, /along dimension 1.*output "total"/],
    ['cases/scalar.onnx', { batchDim: 1 }, /input "offset" \(float32 \[\]\)/],
  ])('of %s with %j is refused', async (file, options, message) => {
    const error = await refusal(file, options);
    expect(error.code).toBe('UNSUPPORTED_MODEL');
    expect(error.message).toMatch(message);
  });
});

it.each([
  ...DTYPES.map((dtype) => `dtypes/${dtype}.onnx`),
  ...['several', 'batch_dim_1', 'batch_dims_1_0', 'scalar'].map((name) => `cases/${name}.onnx`),
  'store/models/iris_clf/qojfx7t2csxcqyz4/saved_model.onnx',
])('example calls of %s run', async (file) => {
  const runnable = await load(file);
  const calls = runnable.exampleCalls();
  expect(calls.map(({ method }) => method)).toEqual(['predict', 'run']);
  const free = (shape: readonly (number | string)[]): readonly number[] =>
    shape.map((size) => (typeof size === 'number' ? size : 1));
  const wanted = runnable.metadata().inputs.map(({ dtype, shape }) => [dtype, free(shape)]);
  for (const { method, args } of calls) {
    expect((args as NdArray[]).map(({ dtype, shape }) => [dtype, shape])).toEqual(wanted);
    await expect(runnable[method as 'run'](...(args as NdArray[]))).resolves.toBeDefined();
  }
});

describe('examples of the user', () => {
  const SEVERAL = 'cases/several.onnx';
  const examplesOf = (...examples: readonly OnnxExample[]): Partial<OnnxRunnableOptions> => ({
    examples: JSON.parse(JSON.stringify(examples.map((each) => toPlainExample(each)))) as never,
  });

  it('are tensors or lists, which get the dtype of the input', async () => {
    const record = { values: [[1, 2]], ids: ids(7) };
    const runnable = await load(
      SEVERAL,
      examplesOf(record, { values: floats([[3, 4]]), ids: [1] }),
    );
    const [first, second] = [
      { values: floats([[1, 2]]), ids: ids(7) },
      { values: floats([[3, 4]]), ids: ids(1) },
    ];
    expect(runnable.exampleCalls()).toEqual([
      { method: 'predict', args: [first] },
      { method: 'run', args: [first] },
      { method: 'predict', args: [second] },
      { method: 'run', args: [second] },
    ]);
    const only = await load('dtypes/string.onnx', examplesOf([['a', 'b']]));
    expect(only.exampleCalls()[0]?.args).toEqual([NdArray.from([['a', 'b']])]);
  });

  it.each<[OnnxExample, RegExp]>([
    [{ values: [[1, 2]] }, /Expected input "ids" .* got nothing/],
    [{ values: [[1, 2, 3]], ids: [1] }, /dimension 1 to be 2/],
    [{ values: [[1, 2]], ids: [1], more: [1] }, /no input "more"/],
    [{ values: [[1, 2]], ids: [1.5] }, /int64/],
    [[[1, 2]], /Expected a record of the inputs/],
  ])('that do not fit are refused as a call is: %j', async (example, message) => {
    const runnable = await load(SEVERAL, examplesOf(example));
    expect(() => runnable.exampleCalls()).toThrow(message);
  });
});

it('session options reach onnxruntime, those of the runner before them', async () => {
  const folder = await temporaryFolder();
  const optimizedModelFilePath = join(folder, 'optimized.onnx');
  await load('dtypes/float32.onnx', {
    sessionOptions: { optimizedModelFilePath, executionProviders: ['nope'] },
  });
  expect(existsSync(optimizedModelFilePath)).toBe(true);
  const selected = await load('cases/several.onnx', {
    outputs: ['doubled'],
    sessionOptions: { extra: { session: { intra_op: { allow_spinning: '0' } } } },
  });
  expect(await selected.predict(floats([[0, 0]]), ids(9))).toEqual(ids(18));
});

it('threads are the intra-op threads of onnxruntime’s session, also where outputs are chosen', async () => {
  const create = vi.spyOn(InferenceSession, 'create');
  onTestFinished(() => create.mockRestore());
  await load('cases/several.onnx', { threads: 3, sessionOptions: { intraOpNumThreads: 7 } });
  await load('cases/several.onnx', { threads: 2, outputs: ['doubled'] });
  expect(create.mock.calls).toMatchObject([
    [expect.any(String), { intraOpNumThreads: 3, interOpNumThreads: 1 }],
    [expect.any(Uint8Array), { intraOpNumThreads: 2, interOpNumThreads: 1 }],
  ]);
});

describe('external data', () => {
  async function copyCases(): Promise<string> {
    const root = await temporaryFolder();
    const folder = join(root, 'model');
    await mkdir(join(folder, 'data'), { recursive: true });
    for (const name of await readdir(join(MODELS, 'cases/external'))) {
      await copyFile(join(MODELS, 'cases/external', name), join(folder, name));
    }
    const weights = join(MODELS, 'cases/external/weights.bin');
    for (const path of ['weights.bin', 'model/data/weights.bin']) {
      await copyFile(weights, join(root, path));
    }
    return folder;
  }

  it.each(['inside', 'folder'])('in the model’s own folder are read (%s)', async (name) => {
    const runnable = await load(join(await copyCases(), `${name}.onnx`));
    expect(await runnable.predict(floats([[1, 1]]))).toEqual(floats([[3, 30, 300]]));
  });

  it('are read where outputs are chosen, too', async () => {
    const runnable = await load(join(await copyCases(), 'two_outputs.onnx'), { outputs: ['y'] });
    expect(await runnable.run(floats([[-1, 1]]))).toEqual({ y: floats([[1, 10, 100]]) });
  });

  it.each<[string, Partial<OnnxRunnableOptions>]>([
    ['parent', {}],
    ['detour', {}],
    ['absolute', {}],
    ['link', {}],
    ['constant', {}],
    ['branch', {}],
    ['parent_two_outputs', { outputs: ['y'] }],
  ])('outside of it are refused (%s)', async (name, options) => {
    const folder = await copyCases();
    await symlink('../weights.bin', join(folder, 'link.bin'));
    const error = await refusal(join(folder, `${name}.onnx`), options);
    expect(error).toMatchObject({ code: 'MODEL_LOAD_FAILED', details: { file: `${name}.onnx` } });
    expect(error.message).toMatch(/external data outside its own folder, expected them inside/);
    expect(error.message).not.toMatch(/\/|hostname|weights/);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('that are missing or too short are named as the cause', async () => {
    const folder = await copyCases();
    await truncate(join(folder, 'weights.bin'), 8);
    await rm(join(folder, 'data'), { recursive: true });
    for (const name of ['inside', 'folder']) {
      const error = await refusal(join(folder, `${name}.onnx`));
      expect(error.code).toBe('MODEL_LOAD_FAILED');
      expect(error.message).toMatch(/external data that are missing or too short/);
      expect(error.message).not.toMatch(/\//);
    }
  });
});

describe('a damaged file', () => {
  it.each(['truncated', 'text', 'empty'])(
    'is named by its base name, with the cure (%s)',
    async (kind) => {
      const folder = await temporaryFolder();
      const whole = await readFile(
        join(MODELS, 'store/models/iris_clf/qojfx7t2csxcqyz4/saved_model.onnx'),
      );
      const contents = {
        truncated: whole.subarray(0, whole.length / 2),
        text: 'no model',
        empty: '',
      };
      const file = join(folder, 'iris.onnx');
      await writeFile(file, contents[kind as keyof typeof contents]);
      for (const options of [{}, { outputs: ['label'] }]) {
        const error = await refusal(file, options);
        expect(error).toMatchObject({ code: 'MODEL_LOAD_FAILED', details: { file: 'iris.onnx' } });
        expect(error.message).toMatch(/"iris.onnx" is not a valid ONNX model.*export it again/);
        expect(error.message).not.toContain(folder);
      }
    },
  );
});

it.each<[Partial<OnnxRunnableOptions>, RegExp]>([
  [{ executionProviders: ['abacus'] }, /cannot be loaded with these executionProviders/],
  [{ sessionOptions: { graphOptimizationLevel: 'most' } }, /refuses the sessionOptions: .*most/],
  [{ sessionOptions: { extra: { a: 1 } } }, /refuses the sessionOptions: .*must be a string/],
])('options that onnxruntime refuses are named: %j', async (options, message) => {
  const error = await refusal('dtypes/int8.onnx', options);
  expect(error.code).toBe('MODEL_LOAD_FAILED');
  expect(error.message).toMatch(message);
});
