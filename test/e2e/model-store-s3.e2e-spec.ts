import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelStore } from 'bentonest/model-store';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { startS3 } from './s3-server.js';
import { freePort } from './served-app.js';

const MODEL = fileURLToPath(
  new URL('../models/store/models/mlp/tz3vkqd2csxgcyz4/saved_model.onnx', import.meta.url),
);

let folder: string;
let endpoint: string;
let env: Record<string, string>;
let stop: () => Promise<unknown>;
let store: ModelStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 's3-'));
  ({ endpoint, env, stop } = await startS3(join(folder, 'objects')));
});

afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const home = await mkdtemp(join(tmpdir(), 'store-'));
  store = new ModelStore({ home });
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true });
  });
});

it('a model goes to S3 and comes back as it was', async () => {
  const saved = await store.import(MODEL, { tag: 'digits:v1', labels: { a: 'b' } });
  const heard: number[] = [];
  const address = await store.export('digits', 's3://models/team/digits.bentomodel', {
    onProgress: (done) => heard.push(done),
  });
  expect(address).toBe('s3://models/team/digits.bentomodel');
  expect(heard.at(-1)).toBeGreaterThan(1000);
  await store.delete('digits');
  const got = await store.import(address);
  expect({ ...got, folder: '' }).toEqual({ ...saved, folder: '' });
  expect(await readFile((await store.get('digits:v1')).file)).toEqual(await readFile(MODEL));
});

it('a key that ends in a slash gets the model’s name, and nothing is replaced unasked', async () => {
  await store.import(MODEL, { tag: 'digits:v2' });
  const address = await store.export('digits', 's3://models/all/');
  expect(address).toBe('s3://models/all/digits-v2.bentomodel');
  await expect(store.export('digits', address)).rejects.toMatchObject({
    code: 'INVALID_MODEL_SOURCE',
  });
  expect(await store.export('digits', address, { overwrite: true })).toBe(address);
});

it('one of many parts arrives whole', async () => {
  const bytes = Buffer.alloc(12 * 2 ** 20, 'abc');
  await store.save('large', { 'weights.bin': bytes }, { version: 'v1' });
  const address = await store.export('large', 's3://models/large.tar');
  expect((await store.import(address, { tag: 'copy' })).digests).toEqual(
    (await store.describe('large')).digests,
  );
});

it('an .onnx file at an address becomes a new version', async () => {
  const { S3Client, PutObjectCommand } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1' });
  const Body = await readFile(MODEL);
  await client.send(new PutObjectCommand({ Bucket: 'models', Key: 'x/My Net.onnx', Body }));
  const { tag, metadata } = await store.import('s3://models/x/My Net.onnx');
  expect(tag.name).toBe('my_net');
  expect(metadata).toHaveProperty('onnx.opset');
});

it.each([
  ['no such key', 's3://models/none.bentomodel', 'NoSuchKey. Check the key'],
  ['no such bucket', 's3://nobody/none.bentomodel', 'NoSuchBucket. Check the bucket'],
])('%s is told, and nothing is left', async (_name, address, message) => {
  await expect(store.import(address)).rejects.toMatchObject({
    code: 'MODEL_TRANSFER',
    message: expect.stringContaining(message) as string,
  });
  expect(await store.list()).toEqual([]);
});

it('a server that is not there is told', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${await freePort()}`);
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  await expect(store.import('s3://models/x.bentomodel')).rejects.toMatchObject({
    code: 'MODEL_TRANSFER',
    message: expect.stringContaining('ECONNREFUSED. Check address, network') as string,
  });
  const objects = await readdir(join(folder, 'objects'));
  expect(objects).toEqual(['models']);
});
