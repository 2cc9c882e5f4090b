import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelStore } from 'bentonest/model-store';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FaultApp } from './fault-app.js';

const ORIGINAL = fileURLToPath(
  new URL('../models/store/models/iris_clf/qojfx7t2csxcqyz4/saved_model.onnx', import.meta.url),
);
/** What the last of the three classes is called in it. */
const LABELS = Buffer.from('classlabels_ints@\x00@\x01@\x02', 'latin1');
const FLOWER = [[6.2, 3.2, 5.2, 2.2]];

const home = mkdtempSync(join(tmpdir(), 'home-'));
const store = new ModelStore({ home });
let app: FaultApp;

beforeAll(async () => {
  await store.save('iris_clf', ORIGINAL, { version: 'v1' });
  app = await FaultApp.start({ model: 'iris_clf:latest', home });
});

afterAll(async () => {
  await app.end();
  rmSync(home, { recursive: true, force: true });
});

it('a reload to a version whose file was changed names file and digest, and the old one serves', async () => {
  await store.save('iris_clf', ORIGINAL, { version: 'v2' });
  const { file } = await store.get('iris_clf:v2');
  const bytes = readFileSync(file);
  // A producer's name in it: onnxruntime would load the file all the same.
  bytes.write('SKL2ONNX', bytes.indexOf('skl2onnx'), 'latin1');
  writeFileSync(file, bytes);
  const before = await app.readyPids('model');
  const reloaded = await app.served.post('/reload', { runner: 'model', model: 'iris_clf:v2' });
  expect(reloaded.status).toBe(503);
  const { message } = (await reloaded.json()) as { message: string };
  expect(message).toMatch(/"saved_model\.onnx" as it was saved.*another digest/);
  expect(message).not.toContain(home);
  expect(await app.readyPids('model')).toEqual(before);
  expect(await (await app.served.post('/predict', FLOWER)).json()).toEqual([2]);
  expect(await (await app.served.get('/readyz')).text()).toMatch(/another digest/);
});

it('the same file as it was saved is loaded', async () => {
  await store.delete('iris_clf:v2');
  await store.save('iris_clf', ORIGINAL, { version: 'v3' });
  const reloaded = await app.served.post('/reload', { runner: 'model', model: 'iris_clf:v3' });
  expect(reloaded.status).toBeLessThan(300);
  expect(await (await app.served.post('/predict', FLOWER)).json()).toEqual([2]);
});

it('a reload to another model has it answer, in new workers', async () => {
  const bytes = readFileSync(ORIGINAL);
  bytes[bytes.indexOf(LABELS) + LABELS.length - 1] = 7;
  const other = join(home, 'other.onnx');
  writeFileSync(other, bytes);
  await store.save('iris_clf', other, { version: 'v4' });
  const before = await app.readyPids('model');
  const reloaded = await app.served.post('/reload', { runner: 'model', model: 'iris_clf:v4' });
  expect(reloaded.status).toBe(200);
  expect(await (await app.served.post('/predict', FLOWER)).json()).toEqual([7]);
  expect(await app.readyPids('model')).not.toEqual(before);
});
