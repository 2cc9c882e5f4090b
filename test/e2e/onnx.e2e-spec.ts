import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { DTYPES, NdArray } from 'bentonest/tensor';
import type { DType, TensorData } from 'bentonest/tensor';
import { expect, it } from 'vitest';
import { pack, unpack } from '../fixtures/onnx-runners/json-tensors.js';
import type { Answers, Job } from '../fixtures/onnx-runners/main.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const model = (path: string): string => `${ROOT}test/models/${path}.onnx`;
const floats = (nested: Parameters<typeof NdArray.from>[0]): NdArray =>
  NdArray.from(nested, { dtype: 'float32' });

/** Runs the jobs in a process of the built framework, one after another, with real workers. */
async function runJobs(jobs: readonly Job[]): Promise<readonly Answers[]> {
  const child = spawn(process.execPath, ['dist/test/fixtures/onnx-runners/main.js'], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(pack(jobs)));
  return unpack(JSON.parse(await text(child.stdout))) as Answers[];
}

const DATA: Readonly<Record<DType, TensorData>> = {
  bool: Uint8Array.of(1, 0),
  int8: Int8Array.of(-128, 127),
  int16: Int16Array.of(-32_768, 32_767),
  int32: Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
  int64: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n),
  uint8: Uint8Array.of(0, 255),
  uint16: Uint16Array.of(0, 65_535),
  uint32: Uint32Array.of(0, 2 ** 32 - 1),
  uint64: BigUint64Array.of(0n, 2n ** 64n - 1n),
  float16: Uint16Array.of(0x0001, 0xfc00),
  float32: Float32Array.of(-0, NaN),
  float64: Float64Array.of(-Infinity, 5e-324),
  string: ['', 'ä€😀'],
};

it('every dtype goes through a worker and comes back the same', async () => {
  const rows = DTYPES.map((dtype) => new NdArray(dtype, DATA[dtype], [1, 2]));
  const answers = await runJobs(
    rows.map((row) => ({
      options: { model: model(`dtypes/${row.dtype}`) },
      calls: [
        { method: 'predict', args: [row] },
        { method: 'run', args: [{ x: row }] },
      ],
    })),
  );
  expect(answers.map(({ results }) => results)).toEqual(rows.map((row) => [row, { y: row }]));
});

it('calls of several inputs are joined, by name as well as by position', async () => {
  const values = Array.from({ length: 12 }, (_, i) => floats([[i, -i]]));
  const ids = Array.from({ length: 12 }, (_, i) => NdArray.from([i % 3], { dtype: 'int64' }));
  const options = { model: model('cases/several') };
  const [byName, byPosition] = await runJobs([
    {
      options,
      calls: values.map((value, i) => ({ method: 'run', args: [{ ids: ids[i], values: value }] })),
    },
    { options, calls: values.map((value, i) => ({ method: 'run', args: [value, ids[i]] })) },
  ]);
  const expected = values.map((_, i) => ({
    product: floats([[i * (i % 3), -i * (i % 3)]]),
    doubled: NdArray.from([2 * (i % 3)], { dtype: 'int64' }),
    failing: NdArray.from([[10, 20, 30][i % 3]], { dtype: 'int64' }),
  }));
  expect(byName.results).toEqual(expected);
  expect(byPosition.results).toEqual(expected);
  for (const { batches } of [byName, byPosition]) {
    expect(batches.reduce((sum, rows) => sum + rows, 0)).toBe(12);
    expect(Math.max(...batches)).toBeGreaterThan(1);
  }
});

it('calls are joined and split along the batch dimension that the options name', async () => {
  // [time 3, batch, 2]: the calls' columns must not change places.
  const inputs = Array.from({ length: 9 }, (_, i) => {
    const columns = Array.from({ length: 1 + (i % 3) }, (_column, j) => 100 * i + 10 * j);
    return [1, 2, 3].map((time) => columns.map((base) => [base + time, -base - 1]));
  });
  const calls = inputs.map((x) => ({ method: 'predict', args: [floats(x)] }));
  const [same, summed] = await runJobs([
    { options: { model: model('cases/batch_dim_1'), batchDim: 1, maxBatchSize: 5 }, calls },
    { options: { model: model('cases/batch_dims_1_0'), batchDim: [1, 0] }, calls },
  ]);
  expect(same.results).toEqual(
    inputs.map((x) => floats(x.map((rows) => rows.map(([a, b]) => [2 * a, 2 * b])))),
  );
  expect(summed.results).toEqual(
    inputs.map((x) => floats(x[0].map(([a, b]) => [3 * a + 3, 3 * b]))),
  );
  expect(Math.max(...same.batches)).toBeGreaterThan(3);
  expect(Math.max(...same.batches)).toBeLessThanOrEqual(5);
  expect(Math.max(...summed.batches)).toBeGreaterThan(3);
});

it('chosen outputs are the only ones that are computed and answered', async () => {
  const [answer] = await runJobs([
    {
      options: { model: model('cases/several'), outputs: ['doubled'] },
      calls: [
        { method: 'run', args: [floats([[1, 2]]), NdArray.from([7], { dtype: 'int64' })] },
        { method: 'predict', args: [floats([[1, 2]]), NdArray.from([8], { dtype: 'int64' })] },
      ],
    },
  ]);
  expect(answer.results).toEqual([
    { doubled: NdArray.from([14], { dtype: 'int64' }) },
    NdArray.from([16], { dtype: 'int64' }),
  ]);
});

it('a model that fails at an example of the user does not start', async () => {
  const calls = [
    { method: 'run', args: [floats([[1, 2]]), NdArray.from([1], { dtype: 'int64' })] },
  ];
  const examples = (id: number): Job['options'] => ({
    model: model('cases/several'),
    examples: [{ values: [[1, 2]], ids: [id] }],
  });
  const [fits, fails] = await runJobs([
    { options: examples(2), calls },
    { options: examples(7), calls },
  ]);
  expect(fits.results).toMatchObject([{ product: floats([[1, 2]]) }]);
  expect(fails.state).toBe('failed');
  expect(fails.reason).toMatch(/The example call of "predict" failed: .*out of data bounds/);
});

it('a model that is refused tells the cure, and no path', async () => {
  const calls = [{ method: 'predict', args: [floats([[1, 1]])] }];
  const answers = await runJobs([
    { options: { model: model('cases/zipmap') }, calls },
    { options: { model: model('cases/external/parent') }, calls },
    { options: { model: model('cases/several'), outputs: ['label'] }, calls },
    {
      options: { model: model('dtypes/string') },
      calls: [{ method: 'predict', args: [{ x: NdArray.from([['a', 'b\0c']]) }] }],
    },
  ]);
  const messages = answers.map(({ results }) => (results[0] as { message: string }).message);
  expect(messages[0]).toMatch(/'zipmap': False/);
  expect(messages[1]).toMatch(/external data outside its own folder/);
  expect(messages[2]).toMatch(/no output "label".*"doubled"/);
  for (const { state, reason } of answers.slice(0, 3)) {
    expect(state).toBe('failed');
    expect(reason).not.toMatch(/\/work|test\/models|weights/);
  }
  expect(messages.join('\n')).not.toContain(ROOT);
  expect(answers[3].results).toMatchObject([{ code: 'INVALID_MODEL_INPUT' }]);
});
