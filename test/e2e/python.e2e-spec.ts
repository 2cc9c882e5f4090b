import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BentoError } from 'bentonest/errors';
import { ensureEnvironment, pythonRunner } from 'bentonest/python';
import type { PythonRunnerOptions } from 'bentonest/python';
import { RunnerHost } from 'bentonest/runner';
import type { Runner } from 'bentonest/runner';
import { DTYPES, DataFrame, NdArray } from 'bentonest/tensor';
import type { DType, TensorData } from 'bentonest/tensor';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findPython } from './python-environment.js';
import { isAlive, until } from './served-app.js';

const fixture = (name: string): URL =>
  new URL(`../fixtures/python-runnables/${name}`, import.meta.url);
const python = (await findPython()) ?? '';

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

describe.skipIf(python === '')('a Runnable in Python', () => {
  it('gets tensors of every dtype and shape, and returns them the same', async () => {
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

  it('gets records, DataFrames and JSON, and returns them, one or several', async () => {
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
    expect(await runner.table.run()).toEqual(
      new DataFrame({
        n: new NdArray('int64', BigInt64Array.of(1n, 2n), [2]),
        name: NdArray.from(['a', 'b']),
      }),
    );
    expect(await runner.scalars.run()).toEqual({ i: 2, f: 0.5, b: true, t: [1, null] });
    expect(await runner.views.run()).toEqual([
      NdArray.from(
        [
          [0, 3],
          [1, 4],
          [2, 5],
        ],
        { dtype: 'int32' },
      ),
      NdArray.from(
        [
          [0, 2],
          [3, 5],
        ],
        { dtype: 'int32' },
      ),
      NdArray.from(['a', 'bc']),
      new NdArray('float16', Uint16Array.of(0x3c00, 0x3c00), [2]),
    ]);
  });

  it('is set up as a worker is: options, warm-up, threads, GPUs', async () => {
    const runner = startRunner({ options: { factor: 3 }, gpus: [5], threads: 2 });
    expect(await runner.multiply.run(floats([1, 2]))).toEqual(floats([3, 6]));
    expect(await runner.state.run()).toMatchObject({ warm: true, gpu: '5', threads: '2' });
  });

  it('is batched, also along another dimension, and only a bad call fails', async () => {
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

  it('keeps to itself what it did not raise on purpose; the log has the traceback', async () => {
    const runner = startRunner();
    const { pid } = (await runner.state.run()) as unknown as { pid: number };
    const failed = await failureOf(runner.fail.run('value'));
    expect(failed).toMatchObject({ code: 'RUNNER_FAILED', statusCode: 500 });
    expect(failed.message).not.toContain('secret');
    expect((failed.cause as Error).stack).toMatch(
      /^ValueError: secret of the worker\n[\s\S]*echo\.py/,
    );
    const exit = await failureOf(runner.fail.run('exit'));
    expect(String(exit.cause)).toBe('Error: SystemExit: 3');
    // Details that JSON cannot hold are left out; the error is the same.
    const refused = await failureOf(runner.fail.run('details'));
    expect(refused).toMatchObject({ code: 'NO', statusCode: 409, message: 'No.' });
    expect(refused.details).toBeUndefined();
    expect(await runner.state.run()).toMatchObject({ pid });
  });

  it.each([
    ['object', 'got an object of type object'],
    ['nan', 'got nan in JSON'],
    ['integer', 'beyond 2**53'],
    ['inside', 'an array inside JSON'],
    ['dtype', 'dtype complex64'],
    ['mixed', 'strings only, got NoneType'],
  ])('cannot return what would not arrive as it is: %s', async (what, message) => {
    const unsupported = await failureOf(startRunner().unsupported.run(what));
    expect(unsupported).toMatchObject({ code: 'UNSUPPORTED_VALUE' });
    expect(unsupported.message).toContain(message);
  });

  it('offers its decorated methods only', async () => {
    const runner = startRunner();
    const unknown = await failureOf(runner.hidden.run());
    expect(unknown.code).toBe('UNKNOWN_RUNNER_METHOD');
  });

  it('is closed when it is stopped, after the call that runs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bentonest-log-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const log = join(folder, 'log');
    const host = start({ options: { log } });
    await host.start();
    const running = host.runner.sleep.run(0.5);
    await host.stop();
    expect(await running).toBe(0.5);
    expect(await readFile(log, 'utf8')).toBe('set up\nclosed\n');
  });

  it('may be in a file that has the name of a module of Python', async () => {
    const runner = startRunner({ module: fixture('../python-shadow/json.py'), class: 'Shadow' });
    expect(await runner.echo.run({ a: 1 })).toEqual({ a: 1 });
  });

  it('is replaced when it is killed, and ends when it hangs', async () => {
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

  it.each([
    ['busy', 'also while it is busy'],
    ['busy_in_c', 'also while it keeps Python’s lock'],
  ])('ends with its parent: %s, %s', async (method) => {
    const entry = fileURLToPath(
      new URL('../../dist/test/fixtures/python-runnables/parent.js', import.meta.url),
    );
    // Where no thread of the worker can run, nobody removes its socket.
    const TMPDIR = await mkdtemp(join(tmpdir(), 'bentonest-parent-'));
    onTestFinished(() => rm(TMPDIR, { recursive: true }));
    const parent = spawn(process.execPath, [entry, python, fixture('echo.py').href, method], {
      env: { ...process.env, TMPDIR },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    const ms = await until(() => !isAlive(pid), 5_000);
    console.info(`Python worker (${method}) gone after ${ms.toFixed(0)} ms (bound 2000)`);
    expect(ms).toBeLessThan(2_000);
  });

  it.each([
    ['broken.py', 'Broken', /SyntaxError: .*broken\.py, line 2/],
    ['unfit.py', 'Undecorated', /Class Undecorated has no @runnable_method/],
    ['unfit.py', 'Failing', /RuntimeError: the weights are gone/],
    ['unfit.py', 'Unable', /The example call of "predict" failed: KeyError\('no such row'\)/],
    ['unfit.py', 'Missing', /a class "Missing".*Undecorated, Failing, Unable/],
    ['nowhere.py', 'Any', /FileNotFoundError/],
    ['unfit.py', 'Untold', /got an object of type object/],
    ['stream.py', 'Streaming', /predict is a generator, which a runner cannot stream/],
  ])('that cannot be loaded says why: %s %s', async (file, name, message) => {
    const host = start({ module: fixture(file), class: name });
    const error = await failureOf(host.start());
    expect(error.code).toBe('RUNNER_START_FAILED');
    expect(error.message).toMatch(message);
  });

  it('that does not end loading is killed after startTimeoutMs', async () => {
    const host = start({
      module: fixture('unfit.py'),
      class: 'Endless',
      startTimeoutMs: 1500,
    });
    const failure = failureOf(host.start());
    const pidOf = (): number | undefined => host.status.workers[0]?.pid;
    await until(() => pidOf() !== undefined, 1500);
    const pid = pidOf() ?? 0;
    expect(isAlive(pid)).toBe(true);
    const error = await failure;
    expect(error.code).toBe('RUNNER_START_FAILED');
    expect(error.message).toContain('it was not ready within 1500 ms (startTimeoutMs).');
    await until(() => !isAlive(pid), 2000);
  });

  it('needs numpy, which its environment may be told to have', async () => {
    const bare = start({ python: undefined, requirements: [] });
    const error = await failureOf(bare.start());
    expect(error.code).toBe('RUNNER_START_FAILED');
    expect(error.message).toMatch(
      /numpy is not installed for .* add it to the runner's requirements/,
    );
  });

  it('says what pip said when a requirement cannot be met', async () => {
    const requirements = ['nothing @ file:///nowhere/nothing-1.0-py3-none-any.whl'];
    const error = await failureOf(ensureEnvironment({ requirements }));
    expect(error.code).toBe('PYTHON_ENVIRONMENT');
    expect(String(error.cause)).toContain('/nowhere/nothing-1.0-py3-none-any.whl');
  });
});

it('a Runnable in Python needs an interpreter', async () => {
  const host = start({ python: '/nowhere/python' });
  expect(await failureOf(host.start())).toMatchObject({ code: 'PYTHON_ENVIRONMENT' });
});
