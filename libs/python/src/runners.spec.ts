import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { pythonRunner } from './python.runner.js';
import { sklearnRunner } from './sklearn.runner.js';

const fixture = (path: string): string =>
  fileURLToPath(new URL(`../../../test/${path}`, import.meta.url));
const HOME = fixture('models/sklearn-store');
/** Never started: what is refused is refused before. */
const python = '/nowhere/python';

async function codeOf(promise: unknown): Promise<unknown> {
  const error: unknown = await Promise.resolve(promise).catch((reason: unknown) => reason);
  return (error as { code?: unknown }).code;
}

// On a machine of two cores the real one always says 1.
vi.mock('bentonest/runner', async (importOriginal) => {
  const runner = await importOriginal<typeof import('bentonest/runner')>();
  return { ...runner, shareCores: (options: object) => runner.shareCores(options, 12) };
});

describe('pythonRunner', () => {
  it.each([
    [new URL('file:///srv/a%20b/iris.py'), 'file:///srv/a%20b/iris.py'],
    ['file:///srv/iris.py', 'file:///srv/iris.py'],
    ['/srv/a b/iris.py', 'file:///srv/a%20b/iris.py'],
    ['models.iris', 'module:models.iris'],
    ['runnable.py', pathToFileURL(resolve('runnable.py')).href],
    ['./python/iris.py', pathToFileURL(resolve('python/iris.py')).href],
    ['../iris.py', pathToFileURL(resolve('../iris.py')).href],
  ])('takes the module %s', async (module, moduleUrl) => {
    const runner = pythonRunner('iris', { module, class: 'Iris', ...(await fakePython()) });
    expect(await runner.source()).toMatchObject({ moduleUrl, className: 'Iris' });
  });

  it.each(['./iris', 'models/iris', 'a-b', ''])('refuses the module %j', (module) => {
    expect(() => pythonRunner('iris', { module, class: 'Iris' })).toThrow(/a file URL/);
  });

  it('starts the shipped package by the interpreter, with the libraries’ threads limited', async () => {
    vi.stubEnv('PYTHONPATH', '/inherited');
    onTestFinished(() => void vi.unstubAllEnvs());
    const options = { module: 'iris', class: 'Iris', ...(await fakePython()) };
    const { command } = await pythonRunner('iris', options).source();
    expect(command).toMatchObject({
      file: options.python,
      args: ['-m', 'bentonest.worker', 'iris'],
      env: { OMP_NUM_THREADS: '11', RAYON_NUM_THREADS: '11' },
    });
    expect(command?.env?.PYTHONPATH).toMatch(/libs\/python\/python:\/inherited$/);
    const tuned = { ...options, threads: 4, env: { MKL_NUM_THREADS: '2', PYTHONPATH: '/own' } };
    const { command: own } = await pythonRunner('iris', tuned).source();
    expect(own?.env).toMatchObject({ OMP_NUM_THREADS: '4', MKL_NUM_THREADS: '2' });
    expect(own?.env?.PYTHONPATH).toMatch(/python:\/own$/);
    const none = pythonRunner('iris', { ...options, threads: 0 });
    expect(await codeOf(none.source())).toBe('INVALID_RUNNER_OPTIONS');
  });

  it('has threads and workers by the cores', async () => {
    const options = { module: 'iris', class: 'Iris', ...(await fakePython()) };
    expect(pythonRunner('iris', options).workers).toBe(1);
    expect(pythonRunner('iris', { ...options, threads: 3 }).workers).toBe(3);
    const { command } = await pythonRunner('iris', { ...options, workers: 2 }).source();
    expect(command?.env?.OMP_NUM_THREADS).toBe('5');
    expect(sklearnRunner('iris', { model: 'iris', threads: 5 }).workers).toBe(2);
  });

  it('takes interpreter, packages and variables from outside; others have none', async () => {
    const options = { module: 'iris', class: 'Iris', python, env: { A: 'code', B: 'code' } };
    const runner = pythonRunner('iris', options);
    const set = runner.withOptions?.({ ...(await fakePython()), env: { B: 'set' } });
    const { command } = (await set?.source()) ?? {};
    expect(command?.file).not.toBe(python);
    expect(command?.env).toMatchObject({ A: 'code', B: 'set' });
    const packages = runner.withOptions?.({ requirements: '/none.txt' });
    await expect(packages?.source()).rejects.toThrow('requirements');
    const model = sklearnRunner('iris', { model: 'iris_sklearn', home: HOME, python });
    const other = await model.withOptions?.(await fakePython()).source();
    expect(other?.command?.file).not.toBe(python);
  });

  it('has no JavaScript heap to limit', () => {
    const refused = /maxHeapMb: .* Use maxRssMb/;
    const options = { module: 'iris', class: 'Iris', maxHeapMb: 64 };
    expect(() => pythonRunner('iris', options)).toThrow(refused);
    expect(() => sklearnRunner('iris', { model: 'iris', maxHeapMb: 64 })).toThrow(refused);
  });

  it('is never embedded, and has no model by tag', async () => {
    const options = { module: 'iris', class: 'Iris' };
    expect(() => pythonRunner('iris', { ...options, embedded: true })).toThrow(/be embedded/);
    expect(await codeOf(pythonRunner('iris', options).source('iris:v2'))).toBe(
      'INVALID_RUNNER_OPTIONS',
    );
  });
});

async function fakePython(): Promise<{ python: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'bentonest-python-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'python');
  await writeFile(file, `#!/bin/sh\necho '[[3, 11], "fake", ""]'\n`, { mode: 0o755 });
  return { python: file };
}

describe('sklearnRunner', () => {
  it('has the methods of the signatures, or those that it is told', async () => {
    const options = { model: 'iris_sklearn', home: HOME, ...(await fakePython()) };
    const saved = await sklearnRunner('iris', options).source();
    const batchable = { batchable: true, batchDim: [0, 0] };
    expect(saved.options).toEqual({
      file: expect.stringMatching(/saved_model\.pkl$/) as string,
      signatures: { predict: batchable },
      // Python saves none.
      digests: {},
    });
    const methods = ['predict', 'decision_function'];
    const chosen = await sklearnRunner('iris', { ...options, methods }).source();
    expect(chosen.options).toMatchObject({
      signatures: {
        predict: batchable,
        decision_function: { batchable: false, batchDim: [0, 0] },
      },
    });
  });

  it.each(['/tmp/model.pkl', 'models/iris', 'C:\\model', 'file:model', 'saved_model.pkl'])(
    'refuses the path %j with the reason, at first and at reload',
    async (model) => {
      expect(() => sklearnRunner('iris', { model })).toThrow(/A pickle is code/);
      const { source } = sklearnRunner('iris', { model: 'iris_sklearn', home: HOME, python });
      await expect(source(model)).rejects.toThrow(/A pickle is code/);
    },
  );

  it('refuses a link that leaves the store, another framework’s model, and to be embedded', async () => {
    const home = await mkdtemp(join(tmpdir(), 'bentonest-store-'));
    onTestFinished(() => rm(home, { recursive: true }));
    const folder = join(home, 'models', 'iris', 'v1');
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, 'model.yaml'),
      "name: iris\nversion: v1\nmodule: bentoml.sklearn\ncreation_time: '2026-01-01T00:00:00+00:00'\n",
    );
    await writeFile(join(dirname(folder), 'latest'), 'v1');
    const outside = join(HOME, 'models/iris_sklearn/vthjvvxhmwz6uax4/saved_model.pkl');
    await symlink(outside, join(folder, 'saved_model.pkl'));
    await expect(sklearnRunner('iris', { model: 'iris', home, python }).source()).rejects.toThrow(
      /a link that leaves it/,
    );
    const onnx = sklearnRunner('iris', { model: 'iris_clf', home: fixture('models/store') });
    expect(await codeOf(onnx.source())).toBe('INVALID_MODEL');
    expect(() => sklearnRunner('iris', { model: 'iris', embedded: true })).toThrow(/be embedded/);
  });
});
