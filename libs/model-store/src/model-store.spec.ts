import { mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BentoError } from 'bentonest/errors';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { addModel, modelYaml, temporaryFolder } from './model-store.fixture.js';
import { ModelStore } from './model-store.js';
import { Tag } from './tag.js';

const SHIPPED = fileURLToPath(new URL('../../../test/models/store', import.meta.url));

afterEach(() => {
  vi.unstubAllEnvs();
});

/** The error of a get, which must tell no path. */
async function refusal(home: string, tag: string | Tag): Promise<BentoError> {
  const error: unknown = await new ModelStore({ home }).get(tag).catch((reason: unknown) => reason);
  if (!(error instanceof BentoError)) throw new Error(`${tag.toString()} gave no BentoError`);
  expect(error.message).not.toContain(home);
  expect(error.message).not.toContain(sep + 'models');
  return error;
}

describe('the store that ships with the tests', () => {
  it('has its models as BentoML lays them out', async () => {
    const store = new ModelStore({ home: SHIPPED });
    const names = await readdir(join(SHIPPED, 'models'));
    expect(names.toSorted()).toEqual(['iris_clf', 'iris_clf_with_feature_names', 'mlp']);
    for (const name of names) {
      const { tag, folder, file, module, signatures } = await store.get(name);
      expect(folder).toBe(join(SHIPPED, 'models', name, tag.version ?? ''));
      expect(file).toBe(join(folder, 'saved_model.onnx'));
      expect(module).toBe('bentoml.onnx');
      expect(signatures).toEqual({ run: { batchable: true, batchDim: [0, 0] } });
      // Python's BentoML 1.1 fails on a single number in the file, which we would read.
      const yaml = await readFile(join(folder, 'model.yaml'), 'utf8');
      expect(yaml).toMatch(/^    batch_dim:\n    - 0\n    - 0$/m);
    }
    const { metadata } = await store.get('iris_clf_with_feature_names');
    expect(metadata).toEqual({
      feature_names: ['sepal_len', 'sepal_width', 'petal_len', 'petal_width'],
    });
  });
});

describe('ModelStore', () => {
  it('finds a version, or the latest by its name alone or by latest', async () => {
    const home = await temporaryFolder(onTestFinished);
    await addModel(home, 'iris', 'v1');
    const folder = await addModel(home, 'iris', 'v2');
    const store = new ModelStore({ home });
    const latest = await store.get('iris');
    expect(latest).toMatchObject({ tag: new Tag('iris', 'v2'), folder });
    expect(await store.get('iris:latest')).toEqual(latest);
    expect(await store.get(new Tag('iris', 'v2'))).toEqual(latest);
    expect((await store.get('iris:v1')).tag).toEqual(new Tag('iris', 'v1'));
  });

  it('takes the beginning of a version for the one that begins so, as BentoML does', async () => {
    const home = await temporaryFolder(onTestFinished);
    for (const version of ['v1', 'v10', 'v2-rc', 'w']) await addModel(home, 'iris', version);
    await writeFile(join(home, 'models/iris/w-notes'), '');
    const store = new ModelStore({ home });
    expect((await store.get('iris:v2')).tag.toString()).toBe('iris:v2-rc');
    expect((await store.describe('iris:v10')).tag.version).toBe('v10');
    // One that is called so comes before those that begin so.
    expect((await store.get('iris:v1')).tag.version).toBe('v1');
    expect((await refusal(home, 'iris:v')).message).toBe(
      'Expected one version of iris that begins with "v", got 3: v1, v10, v2-rc. Ask for more of its name.',
    );
    expect((await refusal(home, 'iris:v3')).message).toContain('has other versions');
    // Neither does a name stand for a longer one, nor does what latest holds.
    expect((await refusal(home, 'iri:v1')).message).toContain('nearest: iris');
    await writeFile(join(home, 'models/iris/latest'), 'v2');
    expect((await refusal(home, 'iris')).message).toContain('whose latest is v2');
  });

  it('names ten of the versions that begin alike, and deletes none of them', async () => {
    const home = await temporaryFolder(onTestFinished);
    for (let i = 10; i < 22; i++) await addModel(home, 'iris', `v${i}`);
    const { message, details } = await refusal(home, 'iris:v');
    expect(message).toContain(
      'got 12: v10, v11, v12, v13, v14, v15, v16, v17, v18, v19 and 2 more',
    );
    expect(details?.['versions']).toHaveLength(12);
    const store = new ModelStore({ home });
    await expect(store.delete('iris:v')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await expect(store.delete('iris:v2')).rejects.toThrow('has other versions');
    expect(await store.list('iris')).toHaveLength(12);
  });

  it('trims what latest holds', async () => {
    const home = await temporaryFolder(onTestFinished);
    await addModel(home, 'iris', 'v1');
    await writeFile(join(home, 'models/iris/latest'), ' v1\r\n');
    expect((await new ModelStore({ home }).get('iris')).tag.version).toBe('v1');
  });

  it('takes its home from BENTOML_HOME, and from the folder of the user where that is unset', async () => {
    const home = await temporaryFolder(onTestFinished);
    await addModel(home, 'iris', 'v1');
    vi.stubEnv('BENTOML_HOME', home);
    expect((await new ModelStore().get('iris')).tag.version).toBe('v1');
    await rename(join(home, 'models'), join(home, 'moved'));
    await mkdir(join(home, 'bentoml'));
    await rename(join(home, 'moved'), join(home, 'bentoml/models'));
    vi.stubEnv('HOME', home);
    vi.stubEnv('USERPROFILE', home);
    vi.stubEnv('BENTOML_HOME', '');
    expect((await new ModelStore().get('iris')).tag.version).toBe('v1');
  });

  it('works through a home that is a link, and follows links that stay within', async () => {
    const folder = await temporaryFolder(onTestFinished);
    const home = join(folder, 'home');
    await addModel(home, 'iris', 'v1');
    await rename(join(home, 'models/iris'), join(home, 'kept'));
    await symlink(join(home, 'kept'), join(home, 'models/iris'));
    await symlink(home, join(folder, 'link'));
    const { file } = await new ModelStore({ home: join(folder, 'link') }).get('iris');
    expect(file).toBe(join(home, 'kept/v1/saved_model.onnx'));
  });
});

describe('a model that is not there', () => {
  it('names the tag, the nearest names and the cure', async () => {
    const home = await temporaryFolder(onTestFinished);
    const names = ['iris_clf', 'iris_reg', 'mlp', 'resnet50', 'bert', 'yolo', 'a'];
    await Promise.all(names.map(async (name) => addModel(home, name, 'v1')));
    await mkdir(join(home, 'models/Not-A-Tag'));
    const error = await refusal(home, 'iris_clg:v1');
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', statusCode: 404 });
    expect(error.message).toBe(
      'Expected model iris_clg:v1 in the model store, which has no such name; ' +
        'nearest: iris_clf, iris_reg, mlp, resnet50, yolo. Import it (bentonest models import model.onnx), ' +
        'save it with BentoML’s save_model, or set BENTOML_HOME to the folder whose models/ has it.',
    );
    expect(error.details?.['nearest']).toHaveLength(5);
  });

  it('names the nearest versions', async () => {
    const home = await temporaryFolder(onTestFinished);
    await addModel(home, 'iris', 'v1');
    await addModel(home, 'iris', 'x777');
    const { code, message } = await refusal(home, 'iris:v2');
    expect(code).toBe('MODEL_NOT_FOUND');
    expect(message).toContain(
      'model iris:v2 in the model store, which has other versions: v1, x777',
    );
  });

  it.each(['', 'models'])('says that a home without %j has no models', async (folder) => {
    const home = join(await temporaryFolder(onTestFinished), 'home');
    if (folder !== '') await mkdir(join(home, folder), { recursive: true });
    const { code, message } = await refusal(home, 'iris');
    expect([code, message]).toEqual(['MODEL_NOT_FOUND', expect.stringContaining('has no models')]);
    expect(message).toContain('BENTOML_HOME');
  });

  it('says so when latest is missing or points at nothing', async () => {
    const home = await temporaryFolder(onTestFinished);
    await addModel(home, 'iris', 'v1');
    await writeFile(join(home, 'models/iris/latest'), 'v9');
    const dangling = await refusal(home, 'iris');
    expect(dangling.code).toBe('MODEL_NOT_FOUND');
    expect(dangling.message).toContain('iris, whose latest is v9, in the model store');
    await rm(join(home, 'models/iris/latest'));
    const missing = await refusal(home, 'iris:latest');
    expect(missing.code).toBe('MODEL_NOT_FOUND');
    expect(missing.message).toContain('no file latest for it, and versions v1. Ask for a version');
  });

  it('takes a file where a folder belongs for nothing', async () => {
    const home = await temporaryFolder(onTestFinished);
    await addModel(home, 'iris', 'v1');
    await writeFile(join(home, 'models/mlp'), '');
    await writeFile(join(home, 'models/iris/v2'), '');
    expect((await refusal(home, 'mlp')).code).toBe('MODEL_NOT_FOUND');
    expect((await refusal(home, 'iris:v2')).code).toBe('MODEL_NOT_FOUND');
  });
});

describe('a model that is broken', () => {
  it.each(['', '../iris/v1', 'latest', 'v1\nv2', 'V1', '..'])(
    'refuses %j in latest without showing it',
    async (content) => {
      const home = await temporaryFolder(onTestFinished);
      await addModel(home, 'iris', 'v1');
      await writeFile(join(home, 'models/iris/latest'), content);
      expect(await refusal(home, 'iris')).toMatchObject({
        code: 'INVALID_MODEL',
        statusCode: 500,
        message:
          'Expected the file latest of iris to hold a version, got something else. ' +
          'Write the version into it, or ask for one by name:version.',
      });
    },
  );

  it.each(['model.yaml', 'saved_model.onnx'])('refuses one without %s', async (file) => {
    const home = await temporaryFolder(onTestFinished);
    const folder = await addModel(home, 'iris', 'v1');
    await rm(join(folder, file));
    const { code, message } = await refusal(home, 'iris:v1');
    expect([code, message]).toEqual(['INVALID_MODEL', expect.stringContaining(`the file ${file}`)]);
    await mkdir(join(folder, file));
    expect((await refusal(home, 'iris:v1')).message).toBe(message);
  });

  it('refuses one whose model.yaml is of another model, by way of a link or a copy', async () => {
    const home = await temporaryFolder(onTestFinished);
    const folder = await addModel(home, 'iris', 'v1');
    await symlink(join(home, 'models/iris'), join(home, 'models/alias'));
    expect((await refusal(home, 'alias:v1')).code).toBe('INVALID_MODEL');
    await writeFile(join(folder, 'model.yaml'), modelYaml('iris', 'v2'));
    expect((await refusal(home, 'iris:v1')).code).toBe('INVALID_MODEL');
  });

  it('refuses links that go round in a ring', async () => {
    const home = await temporaryFolder(onTestFinished);
    await mkdir(join(home, 'models'));
    await symlink(join(home, 'models/b'), join(home, 'models/a'));
    await symlink(join(home, 'models/a'), join(home, 'models/b'));
    const { code, message } = await refusal(home, 'a');
    expect([code, message]).toEqual(['INVALID_MODEL', expect.stringContaining('ELOOP')]);
  });
});

describe('the way out of the home', () => {
  // `home-evil` begins as `home` does: only the separator tells the two apart.
  it.each(['models', 'models/iris', 'models/iris/v1', 'models/iris/latest'])(
    'is closed to a link in place of %s',
    async (path) => {
      const folder = await temporaryFolder(onTestFinished);
      const [home, evil] = [join(folder, 'home'), join(folder, 'home-evil')];
      await addModel(evil, 'iris', 'v1');
      await addModel(home, 'iris', 'v1');
      await rm(join(home, path), { recursive: true });
      await symlink(join(evil, path), join(home, path));
      const { code, message } = await refusal(home, 'iris');
      expect([code, message]).toEqual([
        'INVALID_MODEL',
        expect.stringContaining('link that leaves'),
      ]);
    },
  );

  it.each(['model.yaml', 'saved_model.onnx'])('is closed to a link as %s', async (name) => {
    const folder = await temporaryFolder(onTestFinished);
    const [home, evil] = [join(folder, 'home'), join(folder, 'home-evil')];
    const [inside, outside] = [
      await addModel(home, 'iris', 'v1'),
      await addModel(evil, 'iris', 'v1'),
    ];
    await rm(join(inside, name));
    await symlink(join(outside, name), join(inside, name));
    const { code, message } = await refusal(home, 'iris');
    expect([code, message]).toEqual(['INVALID_MODEL', expect.stringContaining('link that leaves')]);
  });

  it('is closed to every string, also one in the clothes of a Tag', async () => {
    const folder = await temporaryFolder(onTestFinished);
    const home = join(folder, 'home');
    await addModel(home, 'iris', 'v1');
    await addModel(join(folder, 'evil'), 'iris', 'v1');
    const store = new ModelStore({ home });
    const piece = fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      ':',
      '%2e',
      '%2f',
      '\0',
      '\u2024',
      folder,
      'iris',
      'v1',
      'latest',
      'models',
      'evil',
      'home',
      'a',
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      fc.array(fc.constantFrom('..', 'evil', 'models', 'iris', 'v1')).map((path) => path.join('/')),
      fc.string({ unit: 'binary' }),
    );
    const outcome = async (tag: string | Tag): Promise<string> => {
      try {
        return (await store.get(tag)).file;
      } catch (error) {
        return error instanceof BentoError ? error.code : String(error);
      }
    };
    // Nothing in this home is broken, so INVALID_MODEL would mean that a path outside was reached.
    const allowed = [
      join(home, 'models/iris/v1/saved_model.onnx'),
      'INVALID_TAG',
      'MODEL_NOT_FOUND',
    ];
    await fc.assert(
      fc.asyncProperty(text, text, async (name, version) => {
        const forged = Object.assign(Object.create(Tag.prototype) as Tag, { name, version });
        const tags = [name, `iris:${version}`, `${name}:${version}`, forged];
        expect(allowed).toEqual(expect.arrayContaining(await Promise.all(tags.map(outcome))));
      }),
      { numRuns: 300 },
    );
  });
});
