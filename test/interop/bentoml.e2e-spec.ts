// What Python's BentoML saved is listed, served and imported here, and the other way round.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPython } from '../e2e/python-environment.js';
import { ServedApp } from '../e2e/served-app.js';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const CLI = path('../../dist/libs/cli/src/main.js');
const STORE = '../models/store/models';
const IRIS = path(`${STORE}/iris_clf/qojfx7t2csxcqyz4/saved_model.onnx`);
const MLP = path(`${STORE}/mlp/tz3vkqd2csxgcyz4/saved_model.onnx`);

// fs, which BentoML 1.1 is built on, needs the pkg_resources of an old setuptools.
const python =
  (await findPython([
    'bentoml==1.1.11',
    'onnx>=1.16,<2',
    'onnxruntime>=1.18,<2',
    'setuptools<70',
    'numpy<3',
  ])) ?? '';

let home: string;

async function run(file: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, BENTOML_HOME: home, BENTOML_DO_NOT_TRACK: 'True', NO_COLOR: '1' };
  const { stdout } = await promisify(execFile)(file, args, { env });
  return stdout.trim();
}

const bentonest = (...args: readonly string[]) => run(process.execPath, [CLI, ...args]);
const bentoml = (...args: readonly string[]) => run(join(dirname(python), 'bentoml'), args);

interface Listed {
  readonly tag: string;
  readonly module: string;
  readonly labels: Readonly<Record<string, string>>;
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'interop-'));
});

afterAll(async () => {
  await rm(home, { recursive: true });
});

describe.skipIf(python === '')('with BentoML 1.1.11 of Python', () => {
  it('a model that it saved is listed, and served', async () => {
    const tag = await run(python, [path('save_model.py'), IRIS, 'iris_clf']);
    const listed = JSON.parse(await bentonest('models', 'list', '-o', 'json')) as Listed[];
    expect(listed).toMatchObject([
      { tag, module: 'bentoml.onnx', labels: { team: 'flowers', yes: 'no' } },
    ]);
    const app = await ServedApp.start({ env: { BENTOML_HOME: home } });
    try {
      const answer = await app.post('/classify', [[6.2, 3.2, 5.2, 2.2]]);
      expect(await answer.json()).toEqual([2]);
      const metadata = await app.get('/metadata');
      expect(await metadata.json()).toEqual({ name: 'iris_clf', version: tag.split(':')[1] });
    } finally {
      await app.end();
    }
  }, 60_000);

  it('an .onnx file that is imported here is got and loaded there', async () => {
    await bentonest('models', 'import', MLP, '--tag', 'digits:v1', '--label', 'stage=test');
    const described = await bentoml('models', 'get', 'digits');
    expect(described).toMatch(/^name: digits\nversion: v1\nmodule: bentoml\.onnx\n/m);
    expect(described).toContain('stage: test');
    expect(await run(python, [path('load_model.py'), 'digits:latest'])).toBe('(1, 10)');
    expect(await bentoml('models', 'list', '-o', 'json')).toContain('"digits:v1"');
  }, 60_000);

  it('an archive of either is imported by the other', async () => {
    const theirs = join(home, 'theirs.bentomodel');
    await bentoml('models', 'export', 'iris_clf', theirs);
    const before = await bentonest('models', 'get', 'iris_clf', '-o', 'json');
    await bentonest('models', 'delete', 'iris_clf', '--yes');
    await bentonest('models', 'import', theirs);
    const { tag, labels } = JSON.parse(before) as Listed;
    expect(JSON.parse(await bentonest('models', 'get', 'iris_clf', '-o', 'json'))).toMatchObject({
      tag,
      labels,
    });

    const ours = join(home, 'ours.bentomodel');
    await bentonest('models', 'export', 'digits:v1', ours);
    await bentonest('models', 'delete', 'digits:v1', '--yes');
    await bentoml('models', 'import', ours);
    expect(await run(python, [path('load_model.py'), 'digits:v1'])).toBe('(1, 10)');
  }, 60_000);
});
