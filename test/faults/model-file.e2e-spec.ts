import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../e2e/served-app.js';
import { FaultApp } from './fault-app.js';

const ORIGINAL = fileURLToPath(
  new URL('../models/store/models/iris_clf/qojfx7t2csxcqyz4/saved_model.onnx', import.meta.url),
);
const FLOWER = [[6.2, 3.2, 5.2, 2.2]];

const folder = mkdtempSync(join(tmpdir(), 'model-'));
const file = join(folder, 'iris.onnx');
const whole = readFileSync(ORIGINAL);

let app: FaultApp;

beforeAll(async () => {
  copyFileSync(ORIGINAL, file);
  app = await FaultApp.start({ model: file });
});

afterAll(async () => {
  await app.end();
  rmSync(folder, { recursive: true, force: true });
});

const DAMAGES: readonly [string, Buffer][] = [
  ['truncated', whole.subarray(0, whole.length / 2)],
  ['empty', Buffer.alloc(0)],
  ['overwritten', Buffer.from(whole.map((byte, index) => (index % 7 === 0 ? 255 - byte : byte)))],
  ['of another format', Buffer.from('<html>502 Bad Gateway</html>')],
];

it.each(DAMAGES)('a reload to a file that is %s leaves the old model serving', async (_, bytes) => {
  const before = await app.readyPids('model');
  writeFileSync(file, bytes);
  const reloaded = await app.served.post('/reload', { runner: 'model' });
  expect(reloaded.status).toBe(503);
  const { message } = (await reloaded.json()) as { message: string };
  expect(message).toMatch(/Runner "model" could not start: .*iris\.onnx/);
  expect(message).not.toContain(folder);
  expect(await app.readyPids('model')).toEqual(before);
  expect(await (await app.served.post('/predict', FLOWER)).json()).toEqual([2]);
  const readyz = await app.served.get('/readyz');
  expect(readyz.status).toBe(200);
  expect(await readyz.text()).toMatch(/Runner "model" serves its old model: .*iris\.onnx/);
});

it('a worker that loads the mended file takes back what /readyz said of the reload', async () => {
  const [pid = 0] = await app.readyPids('model');
  writeFileSync(file, whole);
  process.kill(pid, 'SIGKILL');
  await until(async () => ![pid, undefined].includes((await app.readyPids('model'))[0]), 10_000);
  const readyz = await app.served.get('/readyz');
  expect([readyz.status, (await readyz.text()).trim()]).toEqual([200, '']);
  writeFileSync(file, '');
});

it('a worker that dies then cannot be replaced: named by /readyz, and other runners serve', async () => {
  const [pid = 0] = await app.readyPids('model');
  process.kill(pid, 'SIGKILL');
  const ms = await until(async () => (await app.status('model')).state === 'failed', 20_000);
  const startedAt = performance.now();
  const refused = await app.served.post('/predict', FLOWER);
  const refusedMs = performance.now() - startedAt;
  console.info(
    `failed after ${ms.toFixed(0)} ms; refused in ${refusedMs.toFixed(0)} ms (bound 50)`,
  );
  expect(refused.status).toBe(503);
  const readyz = await app.served.get('/readyz');
  expect(readyz.status).toBe(503);
  expect(await readyz.text()).toMatch(/Runner "model" is failed: .*iris\.onnx/);
  expect(await (await app.rows('echo', [1])).json()).toEqual([1]);
  expect((await app.served.get('/livez')).status).toBe(200);
});

it('a reload to the mended file serves, and /readyz has nothing more to say', async () => {
  writeFileSync(file, whole);
  expect((await app.served.post('/reload', { runner: 'model' })).status).toBe(200);
  expect(await (await app.served.post('/predict', FLOWER)).json()).toEqual([2]);
  const readyz = await app.served.get('/readyz');
  expect([readyz.status, (await readyz.text()).trim()]).toEqual([200, '']);
});
