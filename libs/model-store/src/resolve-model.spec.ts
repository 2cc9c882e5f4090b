import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BentoError } from 'bentonest/errors';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { addModel, temporaryFolder } from './model-store.fixture.js';
import { resolveModel } from './resolve-model.js';
import type { ResolveModelOptions } from './resolve-model.js';
import { Tag } from './tag.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

async function refusal(reference: string, options?: ResolveModelOptions): Promise<BentoError> {
  const error: unknown = await resolveModel(reference, options).catch((reason: unknown) => reason);
  if (error instanceof BentoError) return error;
  throw new Error(`${reference} gave no BentoError`, { cause: error });
}

describe('a tag', () => {
  it('is looked up in the store of the given home, or of BENTOML_HOME', async () => {
    const home = await temporaryFolder(onTestFinished);
    const folder = await addModel(home, 'iris', 'v1');
    const model = await resolveModel('iris', { home });
    expect(model).toEqual({
      file: join(folder, 'saved_model.onnx'),
      folder,
      tag: new Tag('iris', 'v1'),
      digests: {},
      labels: {},
      metadata: {},
      signatures: { run: { batchable: true, batchDim: [0, 0] } },
    });
    vi.stubEnv('BENTOML_HOME', home);
    expect(await resolveModel('iris:latest', { home: undefined })).toEqual(model);
    expect((await refusal('iris:v2')).code).toBe('MODEL_NOT_FOUND');
  });

  it.each(['models/iris', 'iris.ONNX', 'http://host/iris'])('is not %j', async (reference) => {
    expect((await refusal(reference)).code).toBe('INVALID_TAG');
  });
});

describe('a path', () => {
  it('is absolute, relative to cwd, or a file: URL', async () => {
    const cwd = await temporaryFolder(onTestFinished);
    const file = join(cwd, 'a b%20.onnx');
    await writeFile(file, '');
    const found = { file, folder: cwd, digests: {}, labels: {}, metadata: {}, signatures: {} };
    expect(await resolveModel(file)).toEqual(found);
    expect(await resolveModel('a b%20.onnx', { cwd })).toEqual(found);
    expect(await resolveModel(`../${basename(cwd)}/a b%20.onnx`, { cwd })).toEqual(found);
    expect(await resolveModel(pathToFileURL(file).href)).toEqual(found);
    expect(await realpath(file)).toBe(file);
  });

  it('starts from the working directory where no cwd is given', async () => {
    const cwd = await temporaryFolder(onTestFinished);
    await writeFile(join(cwd, 'm.onnx'), '');
    const spy = vi.spyOn(process, 'cwd').mockReturnValue(cwd);
    const { file } = await resolveModel('m.onnx').finally(() => {
      spy.mockRestore();
    });
    expect(file).toBe(join(cwd, 'm.onnx'));
  });

  it('of nothing, or of a folder, is told by its base name alone', async () => {
    const cwd = await temporaryFolder(onTestFinished);
    await mkdir(join(cwd, 'folder.onnx'));
    const missing = await refusal(join(cwd, 'no.onnx'));
    expect(missing).toMatchObject({ code: 'MODEL_NOT_FOUND', details: { file: 'no.onnx' } });
    expect(missing.message).toContain('Expected the model file "no.onnx", got none.');
    const folder = await refusal('folder.onnx', { cwd });
    expect(folder.message).toContain('"folder.onnx", got no regular file');
    for (const { message } of [missing, folder]) expect(message).not.toContain(cwd);
  });

  it.each(['a\0.onnx', 'file://host/share/m.onnx', 'file:///a%2fb.onnx', 'file:///%'])(
    'is not %j',
    async (reference) => {
      expect((await refusal(reference)).code).toBe('MODEL_NOT_FOUND');
    },
  );
});
