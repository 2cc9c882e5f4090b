import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { BENTONEST, ROOT, bentonest, cleanEnvironment, temporaryFolder } from './cli-process.js';
import type { Outcome } from './cli-process.js';

const IRIS = 'iris_clf:qojfx7t2csxcqyz4';
const ONNX = join(ROOT, 'test/models/store/models/iris_clf/qojfx7t2csxcqyz4/saved_model.onnx');

const hasXz = spawnSync('xz', ['--version']).status === 0;
if (!hasXz) console.warn('SKIPPED: xz is not installed, no archive is compressed with it.');

let folder: string;
let home: string;

/** A store of its own for each test: the demo's, which Python's BentoML wrote. */
beforeEach(async () => {
  folder = await temporaryFolder(onTestFinished);
  home = join(folder, 'home');
  await cp(join(ROOT, 'test/models/store'), home, { recursive: true });
});

function models(...args: string[]): Promise<Outcome> {
  return bentonest(['models', ...args], { cwd: folder, env: { BENTOML_HOME: home } });
}

async function json(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await models(...args, '-o', 'json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

async function tags(...args: string[]): Promise<string[]> {
  return ((await json('list', ...args)) as { tag: string }[]).map(({ tag }) => tag);
}

/** All that is in the store; the folder that writes go to first may stay, and is empty then. */
async function contents(): Promise<string[]> {
  const all = await readdir(home, { recursive: true });
  return all.filter((name) => name !== '.staging').toSorted();
}

/** The one line of a refusal, which leaves nothing behind. */
async function refusal(...args: string[]): Promise<string> {
  const before = await contents();
  const { code, stdout, stderr } = await models(...args);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^bentonest: [^\n]+\n$/);
  expect(await contents()).toEqual(before);
  return stderr;
}

describe('models list', () => {
  it('prints a table, the newest first', async () => {
    const { code, stdout } = await models('list');
    expect(code).toBe(0);
    const [heading, ...rows] = stdout.trimEnd().split('\n');
    expect(heading).toMatch(/^Tag +Module +Size +Created( +Labels)?$/);
    expect(rows).toHaveLength(3);
    const created = rows.map((row) => /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(row)?.[0] ?? '');
    expect(created).toEqual(created.toSorted().toReversed());
  });

  it('prints JSON and YAML alike, with names that stay', async () => {
    const listed = (await json('list')) as Record<string, unknown>[];
    expect(listed.find(({ tag }) => tag === IRIS)).toEqual({
      tag: IRIS,
      name: 'iris_clf',
      version: 'qojfx7t2csxcqyz4',
      module: 'bentoml.onnx',
      size_bytes: expect.any(Number),
      creation_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      labels: expect.any(Object),
    });
    expect(parse((await models('list', '-o', 'yaml')).stdout)).toEqual(listed);
  });

  it('takes a name and labels', async () => {
    expect(await tags('mlp')).toEqual(['mlp:tz3vkqd2csxgcyz4']);
    await models('import', ONNX, '-t', 'other:v1', '-l', 'stage=prod', '-l', 'team=a=b');
    expect(await tags('--label', 'stage=prod')).toEqual(['other:v1']);
    expect(await tags('-l', 'stage=prod', '-l', 'team=a=b')).toEqual(['other:v1']);
    expect(await tags('-l', 'stage=dev')).toEqual([]);
  });

  it('of a name that is not there names the nearest', async () => {
    expect(await refusal('list', 'iris_cl')).toContain('nearest: iris_clf');
  });

  it('tells of a broken model, which can be deleted', async () => {
    const broken = 'mlp:tz3vkqd2csxgcyz4';
    await writeFile(join(home, `models/${broken.replace(':', '/')}/model.yaml`), '{');
    const { code, stdout, stderr } = await models('list', 'mlp');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Tag [^\n]+\n$/)]);
    expect(stderr).toMatch(/^bentonest: mlp:tz3vkqd2csxgcyz4 is left out: Expected [^\n]+\n$/);
    expect((await models('delete', broken, '-y')).stdout).toBe(`Deleted ${broken}\n`);
    expect(await tags()).toHaveLength(2);
  });

  it('of a store that is not there is empty', async () => {
    expect(await tags('--home', join(folder, 'none'))).toEqual([]);
  });
});

describe('models get', () => {
  it('prints a model as a table, JSON or its path', async () => {
    expect((await models('get', 'iris_clf')).stdout).toMatch(/^Tag +iris_clf:qojfx7t2csxcqyz4\n/);
    expect(await json('get', 'iris_clf:latest')).toMatchObject({
      tag: IRIS,
      module: 'bentoml.onnx',
      signatures: { run: { batchable: expect.any(Boolean), batch_dim: [0, 0] } },
      context: {
        framework_name: 'onnx',
        framework_versions: { onnx: expect.any(String) },
        bentoml_version: '1.1.11',
        python_version: expect.stringMatching(/^3\./),
      },
      api_version: 'v1',
    });
    const path = (await models('get', 'iris_clf', '-o', 'path')).stdout.trimEnd();
    expect(await readdir(path)).toContain('model.yaml');
  });

  it('takes the beginning of a version, which delete does not', async () => {
    expect(await json('get', 'iris_clf:qoj')).toMatchObject({ tag: IRIS });
    expect(await refusal('delete', 'iris_clf:qoj', '-y')).toBe(
      `bentonest: Expected the whole version to delete, got the beginning of ${IRIS}. Name that.\n`,
    );
    await models('import', ONNX, '-t', 'iris_clf:qoz');
    expect(await refusal('get', 'iris_clf:qo')).toContain('got 2: qojfx7t2csxcqyz4, qoz.');
  });

  it('names the nearest of an unknown one', async () => {
    expect(await refusal('get', 'iris_cl')).toContain('nearest: iris_clf');
    expect(await refusal('get', 'iris_clf:v9')).toContain('qojfx7t2csxcqyz4');
  });

  it.each(['../x', '%2e%2e', 'a/b', 'a\\b', 'A', '', 'a:b:c', 'iris\u001b[31m'])(
    'refuses %j, which is no tag',
    async (tag) => {
      expect(await refusal('get', tag)).toContain('Expected a tag such as');
    },
  );
});

describe('models import and export', () => {
  it('take a model out and back in, in every format', async () => {
    const formats = ['bentomodel', 'tar', 'gz', 'folder', ...(hasXz ? ['xz'] : [])];
    for (const format of formats) {
      const target = join(folder, `out-${format}`);
      const { code, stdout, stderr } = await models('export', IRIS, target, '-f', format);
      expect([code, stderr]).toEqual([0, '']);
      const other = join(folder, `home-${format}`);
      expect(await json('import', stdout.trimEnd(), '--home', other)).toMatchObject({ tag: IRIS });
      expect(
        await readFile(join(other, `models/${IRIS.replace(':', '/')}/saved_model.onnx`)),
      ).toEqual(await readFile(ONNX));
    }
  });

  it('export says in a line what writing xz needs', async () => {
    const { code, stdout, stderr } = await bentonest(['models', 'export', IRIS, 'iris.tar.xz'], {
      cwd: folder,
      env: { BENTOML_HOME: home, PATH: folder },
    });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^bentonest: Expected the program xz on PATH [^\n]*xz-utils[^\n]+\n$/);
    expect(await readdir(folder)).toEqual(['home']);
  });

  it('export into this folder where no target is named', async () => {
    const { stdout } = await models('export', 'iris_clf');
    expect(stdout).toMatch(/iris_clf-qojfx7t2csxcqyz4\.bentomodel\n$/);
    expect((await stat(stdout.trimEnd())).isFile()).toBe(true);
  });

  it('import an .onnx file, and show what it takes and gives', async () => {
    const { code, stdout } = await models('import', ONNX, '--tag', 'flower', '-l', 'stage=dev');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Tag +flower:[a-z0-9]+\n/);
    expect(stdout).toMatch(/Labels +stage=dev\n/);
    expect(stdout).toMatch(/^Inputs +X float32 \[-1, 4\]\n/m);
    expect(stdout).toMatch(/^Opset +ai\.onnx 16, ai\.onnx\.ml 1\n/m);
    expect(await tags('flower')).toHaveLength(1);
  });

  it('refuse what is there already, and say how to go on', async () => {
    const { stdout } = await models('export', IRIS, join(folder, 'a.bentomodel'));
    expect(await refusal('export', IRIS, stdout.trimEnd())).toMatch(/overwrite/);
    expect((await models('export', IRIS, stdout.trimEnd(), '--overwrite')).code).toBe(0);
    expect(await refusal('import', stdout.trimEnd())).toContain(IRIS);
  });

  it('refuse a folder with a link in it', async () => {
    await cp(join(home, 'models', IRIS.replace(':', '/')), join(folder, 'iris'), {
      recursive: true,
    });
    await symlink('/etc/passwd', join(folder, 'iris/passwd'));
    expect(await refusal('import', join(folder, 'iris'), '-t', 'other')).toContain(
      'got a link or device "passwd". Put a copy in its place.',
    );
    const copy = { recursive: true, verbatimSymlinks: true };
    await cp(join(folder, 'iris'), join(home, 'models', IRIS.replace(':', '/')), copy);
    expect(await refusal('export', IRIS, 'out')).toContain('got a link or device "passwd"');
    expect((await readdir(folder)).toSorted()).toEqual(['home', 'iris']);
  });

  it.each([
    ['nowhere.onnx', undefined],
    ['empty.onnx', Buffer.alloc(0)],
    ['short.onnx', 'half'],
    ['noise.bentomodel', Buffer.alloc(4096, 'noise')],
    ['noise.tar.gz', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3])],
    ['noise.txt', Buffer.from('text')],
  ])('refuse %s, and keep nothing of it', async (name, content) => {
    const path = join(folder, name);
    if (content === 'half') {
      const whole = await readFile(ONNX);
      await writeFile(path, whole.subarray(0, whole.length / 2));
    } else if (content !== undefined) await writeFile(path, content);
    expect(await refusal('import', path, '--tag', 'broken')).toContain('xpected');
  });
});

describe('models delete', () => {
  it('demands --yes where there is no terminal', async () => {
    const { code, stderr } = await models('delete', 'mlp');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^bentonest: Expected --yes, [^\n]+\n$/);
    expect(await tags('mlp')).toHaveLength(1);
  });

  it('deletes a version, or all of a name', async () => {
    await models('import', ONNX, '--tag', 'iris_clf:v2');
    const { stdout } = await models('delete', 'iris_clf', 'mlp:latest', '-y');
    const deleted = stdout.trimEnd().split('\n').toSorted();
    expect(deleted).toEqual([
      `Deleted ${IRIS}`,
      'Deleted iris_clf:v2',
      'Deleted mlp:tz3vkqd2csxgcyz4',
    ]);
    expect(await tags()).toEqual(['iris_clf_with_feature_names:rk4uzmd2csxfeyz4']);
  });

  it('and export tell a program what they did', async () => {
    const target = join(folder, 'mlp.tar');
    const mlp = 'mlp:tz3vkqd2csxgcyz4';
    expect(await json('export', 'mlp', target)).toEqual({ tag: mlp, target });
    expect(parse((await models('delete', 'mlp', '-y', '-o', 'yaml')).stdout)).toEqual({
      deleted: [mlp],
    });
  });

  it('deletes nothing where one of them is not there', async () => {
    expect(await refusal('delete', 'mlp', 'nowhere', '-y')).toContain('nearest');
    expect(await tags('mlp')).toHaveLength(1);
  });

  it.each([
    ['y', 0, 0],
    ['n', 1, 1],
    ['', 1, 1],
  ])('asks on a terminal, and takes %j for an answer', async (answer, code, left) => {
    // util-linux's script gives a terminal.
    const command = `'${process.execPath}' '${BENTONEST}' models delete mlp`;
    const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
      input: `${answer}\n`,
      env: cleanEnvironment({ BENTOML_HOME: home }),
      encoding: 'utf8',
    });
    expect(stdout).toContain('Delete mlp:tz3vkqd2csxgcyz4? [y/N]');
    expect(status).toBe(code);
    const listed = await tags();
    expect(listed.filter((tag) => tag.startsWith('mlp:'))).toHaveLength(left);
  });
});

it('a store that cannot be written is told of', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  await mkdir(join(folder, 'empty'));
  const { code, stderr } = await models('import', ONNX, '-t', 'a', '--home', join(file, 'home'));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^bentonest: [^\n]+\n$/);
});
