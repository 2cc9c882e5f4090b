import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ServedApp, until } from '../e2e/served-app.js';

let app: ServedApp | undefined;

afterEach(async () => {
  await app?.end('SIGKILL');
});

it('an unknown model ends the start with its name and the cure', async () => {
  const home = await mkdtemp(join(tmpdir(), 'store-'));
  app = await ServedApp.spawn({ env: { BENTOML_HOME: home } });
  const [code] = (await once(app.process, 'exit')) as [number];
  expect(code).not.toBe(0);
  expect(app.output).toContain('iris_clf');
});

it('/readyz is 503 until the worker has loaded its model; /livez answers meanwhile', async () => {
  app = await ServedApp.spawn();
  await until(async () => (await (app as ServedApp).get('/livez')).status === 200, 20_000);
  const first = await app.get('/readyz');
  expect([200, 503]).toContain(first.status);
  await app.untilReady();
  expect((await app.get('/readyz')).status).toBe(200);
});
