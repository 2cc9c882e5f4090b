import { mkdir, readFile, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { addModel, temporaryFolder } from '../model-store.fixture.js';
import { ModelStore } from '../model-store.js';

let home: string;
let store: ModelStore;

beforeEach(async () => {
  home = await temporaryFolder(onTestFinished);
  store = new ModelStore({ home });
});

const FILES = {
  'saved_model.onnx': Buffer.from('model'),
  'data/vocabulary.txt': Buffer.from('a\n'),
};

function latestOf(name: string): Promise<string> {
  return readFile(join(home, 'models', name, 'latest'), 'utf8');
}

describe('save', () => {
  it('writes a model that can be got again, with all that was said of it', async () => {
    const saved = await store.save('iris_clf', FILES, {
      labels: { stage: 'dev', yes: 'no', count: '12e4' },
      metadata: { accuracy: 0.97, classes: ['setosa'] },
      customMetadata: { ticket: 7 },
      signatures: { predict: { batchable: true, batchDim: [0, 1] }, run: {} },
      context: { frameworkVersions: { onnx: '1.17.0' }, pythonVersion: '3.11.7' },
    });
    const { file, ...got } = await store.get('iris_clf:latest');
    expect(got).toEqual(saved);
    expect(await readFile(file, 'utf8')).toBe('model');
    expect(await readFile(join(got.folder, 'data/vocabulary.txt'), 'utf8')).toBe('a\n');
    expect(got).toMatchObject({
      module: 'bentoml.onnx',
      labels: { stage: 'dev', yes: 'no', count: '12e4' },
      metadata: { accuracy: 0.97, classes: ['setosa'] },
      customMetadata: { ticket: 7 },
      signatures: {
        predict: { batchable: true, batchDim: [0, 1] },
        run: { batchable: false, batchDim: [0, 0] },
      },
      context: {
        frameworkName: 'onnx',
        frameworkVersions: { onnx: '1.17.0' },
        bentomlVersion: '1.1.11',
        pythonVersion: '3.11.7',
      },
      apiVersion: 'v1',
    });
    expect(Date.now() - got.createdAt.getTime()).toBeLessThan(60_000);
  });

  it('keeps the sha256 of every file', async () => {
    const { digests } = await store.save('iris_clf', FILES);
    expect(digests).toEqual({
      'saved_model.onnx': 'sha256:9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4',
      'data/vocabulary.txt':
        'sha256:87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7',
    });
  });

  it('takes a folder, or a single .onnx file as the model', async () => {
    const folder = await temporaryFolder(onTestFinished);
    await writeFile(join(folder, 'any.onnx'), 'one');
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, 'sub/weights.bin'), 'two');
    expect(Object.keys((await store.save('a', folder)).digests)).toEqual([
      'any.onnx',
      'sub/weights.bin',
    ]);
    const { file } = await store.get((await store.save('b', join(folder, 'any.onnx'))).tag);
    expect(await readFile(file, 'utf8')).toBe('one');
  });

  it('gives versions that sort in the order of their making, the last of which is the latest', async () => {
    const versions: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { tag } = await store.save('iris_clf', FILES);
      versions.push(tag.version ?? '');
    }
    expect(versions).toEqual(versions.toSorted());
    expect(versions[0]).toMatch(/^[0-9a-z]{26}$/);
    expect(await latestOf('iris_clf')).toBe(versions[2]);
  });

  it('leaves a newer version the latest', async () => {
    await addModel(home, 'iris_clf', 'old');
    const { tag } = await store.save('iris_clf', FILES, { version: 'first' });
    expect(await latestOf('iris_clf')).toBe('first');
    expect(tag.toString()).toBe('iris_clf:first');
    // Made in 2024, says its model.yaml.
    await store.delete('iris_clf:first');
    expect(await latestOf('iris_clf')).toBe('old');
  });

  it('tells its progress', async () => {
    const folder = await temporaryFolder(onTestFinished);
    await writeFile(join(folder, 'weights.bin'), Buffer.alloc(3_000_000));
    const heard: [number, number?][] = [];
    await store.save('a', folder, { onProgress: (...progress) => heard.push(progress) });
    expect(heard.at(-1)).toEqual([3_000_000, 3_000_000]);
    expect(heard.length).toBeGreaterThan(1);
  });
});

describe('save refuses and leaves nothing behind', () => {
  it.each([
    ['a name with a slash', '../evil', FILES, {}, 'Expected a tag'],
    ['a name in capitals', 'Iris', FILES, {}, 'Expected a tag'],
    ['the version latest', 'iris_clf', FILES, { version: 'latest' }, 'stands for the newest'],
    ['no files', 'iris_clf', {}, {}, 'got none'],
    ['a file above', 'iris_clf', { '../x': Buffer.alloc(1) }, {}, 'without "." and ".."'],
    ['an absolute file', 'iris_clf', { '/x': Buffer.alloc(1) }, {}, 'a relative name'],
    ['a drive', 'iris_clf', { 'C:x': Buffer.alloc(1) }, {}, 'a relative name'],
    ['a backslash', 'iris_clf', { 'a\\b': Buffer.alloc(1) }, {}, 'without backslashes'],
    ['NUL', 'iris_clf', { 'a\0': Buffer.alloc(1) }, {}, 'without backslashes'],
    ['an empty part', 'iris_clf', { 'a//b': Buffer.alloc(1) }, {}, 'empty parts'],
    ['a model.yaml', 'iris_clf', { 'Model.yaml': Buffer.alloc(1) }, {}, 'writes itself'],
    ['two of a name', 'iris_clf', { a: Buffer.alloc(1), A: Buffer.alloc(1) }, {}, 'each file once'],
    ['a file that is none', 'iris_clf', '/no/such/file', {}, 'ENOENT'],
    ['a label that is no text', 'iris_clf', FILES, { labels: { a: {} as never } }, 'label "a"'],
  ])('%s', async (_name, name, source, options, message) => {
    await expect(store.save(name, source, options)).rejects.toThrow(message);
    expect(await readdir(home)).not.toContain('models');
    await store.save('other', FILES);
    expect(await readdir(join(home, '.staging'))).toEqual([]);
  });

  it('a version that exists', async () => {
    await store.save('iris_clf', FILES, { version: 'v1' });
    const again = store.save('iris_clf', { x: Buffer.from('other') }, { version: 'v1' });
    await expect(again).rejects.toMatchObject({ code: 'MODEL_EXISTS', statusCode: 409 });
    expect(await readFile((await store.get('iris_clf:v1')).file, 'utf8')).toBe('model');
  });

  it('links in a folder', async () => {
    const folder = await temporaryFolder(onTestFinished);
    await symlink('/etc/passwd', join(folder, 'secret'));
    await expect(store.save('iris_clf', folder)).rejects.toThrow('a link or device "secret"');
  });

  it('what was aborted', async () => {
    const signal = AbortSignal.abort();
    await expect(store.save('iris_clf', FILES, { signal })).rejects.toThrow('aborted');
    expect(await store.list()).toEqual([]);
  });
});

it('what died while it wrote is swept a day later, and not before', async () => {
  const [stale, fresh] = ['stale', 'fresh'].map((name) => join(home, '.staging', name));
  await mkdir(stale, { recursive: true });
  await mkdir(fresh);
  const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
  await utimes(stale, yesterday, yesterday);
  await store.save('iris_clf', FILES);
  expect(await readdir(join(home, '.staging'))).toEqual(['fresh']);
});

describe('delete', () => {
  it('takes a version away, and its name with the last one', async () => {
    await store.save('iris_clf', FILES, { version: 'v1' });
    await store.save('iris_clf', FILES, { version: 'v2' });
    expect((await store.delete('iris_clf')).toString()).toBe('iris_clf:v2');
    expect(await latestOf('iris_clf')).toBe('v1');
    await store.delete('iris_clf:v1');
    expect(await readdir(join(home, 'models'))).toEqual([]);
    await expect(store.delete('iris_clf:v1')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('takes one away whose model.yaml is broken', async () => {
    await addModel(home, 'iris_clf', 'v1');
    await writeFile(join(home, 'models/iris_clf/v1/model.yaml'), '{');
    await store.delete('iris_clf:v1');
    expect(await readdir(join(home, 'models'))).toEqual([]);
  });
});
