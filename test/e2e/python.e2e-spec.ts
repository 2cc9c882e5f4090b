import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { BentoError } from 'bentonest/errors';
import { ensureEnvironment, pythonRunner, sklearnRunner } from 'bentonest/python';
import type { PythonRunnerOptions } from 'bentonest/python';
import { RunnerHost } from 'bentonest/runner';
import type { Runner } from 'bentonest/runner';
import { DTYPES, DataFrame, NdArray } from 'bentonest/tensor';
import type { DType, TensorData } from 'bentonest/tensor';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { isAlive, until } from './served-app.js';

const REQUIREMENTS = ['numpy>=1.24,<3', 'scikit-learn==1.5.2', 'joblib', 'pandas>=2,<3'];
const fixture = (name: string): URL =>
  new URL(`../fixtures/python-runnables/${name}`, import.meta.url);
const HOME = fileURLToPath(new URL('../models/sklearn-store', import.meta.url));

/** The interpreter with what the tests need; undefined where it could not be had, which is said. */
let python: string | undefined;

beforeAll(async () => {
  try {
    python = await ensureEnvironment({
      requirements: REQUIREMENTS,
      onProgress: (line) => console.info(line),
    });
  } catch (error) {
    const { message, cause } = error as Error;
    console.warn(`PYTHON RUNNERS ARE NOT TESTED: ${message}\n${String(cause)}`);
  }
}, 400_000);

function start(options: Partial<PythonRunnerOptions> = {}): RunnerHost {
  const definition = { module: fixture('echo.py'), class: 'Echo', python, ...options };
  const host = new RunnerHost(pythonRunner('echo', definition));
  onTestFinished(() => host.stop());
  return host;
}

const startRunner = (options: Partial<PythonRunnerOptions> = {}): Runner => start(options).runner;

async function failureOf(promise: Promise<unknown>): Promise<BentoError> {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  if (error instanceof BentoError) return error;
  throw new Error(`Expected a BentoError, got ${String(error)}`);
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

const floats = (nested: Parameters<typeof NdArray.from>[0]): NdArray =>
  NdArray.from(nested, { dtype: 'float32' });

describe('a Runnable in Python', () => {
  it('gets tensors of every dtype and shape, and returns them the same', async (context) => {
    if (python === undefined) context.skip();
    const runner = startRunner();
    for (const dtype of DTYPES) {
      const pair = new NdArray(dtype, DATA[dtype], [1, 2]);
      expect(await runner.echo.run(pair)).toEqual(pair);
      const scalar = new NdArray(dtype, DATA[dtype].slice(1), []);
      expect(await runner.echo.run(scalar)).toEqual(scalar);
      const empty = new NdArray(dtype, DATA[dtype].slice(2), [0, 3]);
      expect(await runner.echo.run(empty)).toEqual(empty);
    }
  });

  it('gets records, DataFrames and JSON, and returns them, one or several', async (context) => {
    if (python === undefined) context.skip();
    const runner = startRunner();
    const record = { b: floats([1]), a: floats([[2]]) };
    expect(await runner.echo.run(record)).toEqual(record);
    const table = DataFrame.from({ n: [1, 2], name: ['a', 'b'] });
    expect(await runner.echo.run(table)).toEqual(table);
    expect(await runner.kind.run(table)).toBe('DataFrame');
    expect(await runner.echo.run({ plain: [1, 'ä', null, true] })).toEqual({
      plain: [1, 'ä', null, true],
    });
    expect(await runner.echo.run(floats([1]), record)).toEqual([floats([1]), record]);
  });

  it('is set up as a worker is: options, warm-up, threads, GPUs', async (context) => {
    if (python === undefined) context.skip();
    const runner = startRunner({ options: { factor: 3 }, gpus: [5], threads: 2 });
    expect(await runner.multiply.run(floats([1, 2]))).toEqual(floats([3, 6]));
    expect(await runner.state.run()).toMatchObject({ warm: true, gpu: '5', threads: '2' });
  });

  it('is batched, also along another dimension, and only a bad call fails', async (context) => {
    if (python === undefined) context.skip();
    const runner = startRunner({ maxBatchSize: 8 });
    const sizes = await Promise.all(
      Array.from({ length: 24 }, () => runner.batch_size.run(floats([0]))),
    );
    expect(Math.max(...sizes.map(({ data }) => Number(data[0])))).toBe(8);
    const columns = Array.from({ length: 6 }, (_, i) => floats([[i], [-i]]));
    expect(await Promise.all(columns.map((each) => runner.transposed.run(each)))).toEqual(columns);
    const outcomes = await Promise.allSettled(
      [1, 2, -3, 4].map((value) => runner.multiply.run(floats([value]))),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(outcomes[2]).toMatchObject({
      reason: {
        name: 'NegativeRowError',
        code: 'NEGATIVE_ROW',
        statusCode: 422,
        message: 'Expected values from 0.',
        details: { least: -3 },
      },
    });
  });

  it('keeps to itself what it did not raise on purpose; the log has the traceback', async (context) => {
    if (python === undefined) context.skip();
    const runner = startRunner();
    const failed = await failureOf(runner.fail.run());
    expect(failed).toMatchObject({ code: 'RUNNER_FAILED', statusCode: 500 });
    expect(failed.message).not.toContain('secret');
    expect((failed.cause as Error).stack).toMatch(
      /^ValueError: secret of the worker\n[\s\S]*echo\.py/,
    );
    const unsupported = await failureOf(runner.unsupported.run());
    expect(unsupported).toMatchObject({ code: 'UNSUPPORTED_VALUE' });
    expect(unsupported.message).toContain('got object');
    const unknown = await failureOf(runner.hidden.run());
    expect(unknown.code).toBe('UNKNOWN_RUNNER_METHOD');
  });

  it('is replaced when it is killed, and ends when it hangs', async (context) => {
    if (python === undefined) context.skip();
    const host = start({ timeoutMs: 300, hangTimeoutMs: 600 });
    await host.start();
    const { pid } = (await host.runner.state.run()) as unknown as { pid: number };
    process.kill(pid, 'SIGKILL');
    const isReplaced = (): boolean =>
      host.status.workers.some((worker) => worker.state === 'ready' && worker.pid !== pid);
    await until(isReplaced, 10_000);
    const next = (await host.runner.state.run({ timeoutMs: 5_000 })) as unknown as { pid: number };
    expect(next.pid).not.toBe(pid);
    expect(await failureOf(host.runner.busy.run())).toMatchObject({ code: 'RUNNER_TIMEOUT' });
    await until(() => !isAlive(next.pid), 5_000);
    expect(await host.runner.echo.run(1, { timeoutMs: 10_000 })).toBe(1);
  });

  it('ends with its parent, also while it is busy', async (context) => {
    if (python === undefined) context.skip();
    const entry = fileURLToPath(
      new URL('../../dist/test/fixtures/python-runnables/parent.js', import.meta.url),
    );
    const parent = spawn(process.execPath, [entry, python ?? '', fixture('echo.py').href], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    const ms = await until(() => !isAlive(pid), 5_000);
    console.info(`Python worker gone after ${ms.toFixed(0)} ms (bound 2000)`);
    expect(ms).toBeLessThan(2_000);
  });

  it.each([
    ['broken.py', 'Broken', /SyntaxError: .*broken\.py, line 2/],
    ['unfit.py', 'Undecorated', /Class Undecorated has no @runnable_method/],
    ['unfit.py', 'Failing', /RuntimeError: the weights are gone/],
    ['unfit.py', 'Missing', /a class "Missing".*Undecorated, Failing/],
    ['nowhere.py', 'Any', /FileNotFoundError/],
  ])('that cannot be loaded says why: %s %s', async (file, name, message) => {
    if (python === undefined) return;
    const host = start({ module: fixture(file), class: name });
    const error = await failureOf(host.start());
    expect(error.code).toBe('RUNNER_START_FAILED');
    expect(error.message).toMatch(message);
  });

  it('needs an interpreter, and numpy in it', async () => {
    const host = start({ python: '/nowhere/python' });
    expect(await failureOf(host.start())).toMatchObject({ code: 'PYTHON_ENVIRONMENT' });
    expect(() => pythonRunner('x', { module: './x.py', class: 'X' })).toThrow(/file URL/);
    const embedded = { module: fixture('echo.py'), class: 'Echo', embedded: true };
    expect(() => pythonRunner('x', embedded)).toThrow(/cannot be embedded/);
  });

  it('says what the installer said when a requirement cannot be met', async () => {
    const requirements = ['bentonest-no-such-package==1.2.3'];
    const error = await failureOf(ensureEnvironment({ requirements }));
    expect(error.code).toBe('PYTHON_ENVIRONMENT');
    expect(String(error.cause)).toContain('bentonest-no-such-package');
  });
});

describe('a scikit-learn model that BentoML saved', () => {
  it('answers all 150 rows as scikit-learn did, unchanged', async (context) => {
    if (python === undefined) context.skip();
    const host = new RunnerHost(
      sklearnRunner('iris', { model: 'iris_sklearn', home: HOME, python }),
    );
    onTestFinished(() => host.stop());
    const text = await readFile(new URL('../models/iris.json', import.meta.url), 'utf8');
    const { rows, labels } = JSON.parse(text) as { rows: number[][]; labels: number[] };
    const answers = await Promise.all(
      rows.map((row) => host.runner.predict.run(NdArray.from([row]))),
    );
    expect(answers.map(({ data }) => Number(data[0]))).toEqual(labels);
    const three = await failureOf(host.runner.predict.run(NdArray.from([[1, 2, 3]])));
    expect(three).toMatchObject({ code: 'INVALID_FEATURES', statusCode: 400 });
    expect(three.message).toContain('[rows, 4], as the model was fitted on, got [1, 3]');
  });

  it('is taken from the store only, and only where scikit-learn saved it', async () => {
    const store = fileURLToPath(new URL('../models/store', import.meta.url));
    for (const [model, home] of [
      ['/tmp/model.pkl', HOME],
      ['iris_clf', store],
    ]) {
      const host = new RunnerHost(sklearnRunner('iris', { model, home, python }));
      onTestFinished(() => host.stop());
      const error = await failureOf(host.start());
      expect(['INVALID_TAG', 'INVALID_MODEL']).toContain(error.code);
    }
  });
});
