import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ServedApp, isAlive, until } from '../e2e/served-app.js';
import { meetBounds } from './bounds.js';
import { childPids } from './child-processes.js';

let app: ServedApp | undefined;

afterEach(async () => {
  await app?.end('SIGKILL');
});

it('an unknown model ends the start with its name and the cure', async () => {
  const home = await mkdtemp(join(tmpdir(), 'store-'));
  await meetBounds(async () => {
    const server = (app = await ServedApp.spawn({ env: { BENTOML_HOME: home } }));
    const exited = once(server.process, 'exit') as Promise<[number]>;
    // The application's code is loaded when it says its first word.
    await until(() => server.output !== '', 20_000);
    const loadedAt = performance.now();
    const [code] = await exited;
    const value = performance.now() - loadedAt;
    expect(code).toBe(1);
    return [{ name: 'exit after it was loaded ms', value, atMost: 2000 }];
  });
  if (app === undefined) throw new Error('It was not started.');
  expect(app.output).toContain(
    'Expected model iris_clf:latest in the model store, which has no models.',
  );
  expect(app.complaints).toContainEqual(expect.stringContaining('Expected model iris_clf:latest'));
  expect(app.records.at(-1)).toMatchObject({
    level: 60,
    code: 'MODEL_NOT_FOUND',
    cause: `Looked in ${home}`,
  });
  expect(app.output).not.toMatch(/^ +at /m);
});

it.each([1, 2])(
  'a model that a runner in the background looks for in vain ends the start in a line, %i processes',
  async (apiProcesses) => {
    const FAULT_APP = JSON.stringify({ model: 'none:latest', apiProcesses });
    const entry = 'dist/test/fixtures/fault-app/main.js';
    const server = (app = await ServedApp.spawn({ entry, env: { FAULT_APP } }));
    const [code] = (await once(server.process, 'close')) as [number];
    expect(code).toBe(1);
    const fatal = server.records.filter(({ level }) => level >= 40);
    expect(fatal).toEqual([
      expect.objectContaining({
        level: 60,
        code: 'MODEL_NOT_FOUND',
        cause: expect.stringContaining('Looked in '),
        msg: expect.stringMatching(/^Expected model none:latest in the model store, which has/),
      }),
    ]);
    expect(server.errorOutput).toBe('');
    expect(server.output).not.toMatch(/^ +at /m);
  },
);

it('/readyz is 503 until the worker has loaded its model; /livez answers, and calls wait', async () => {
  const entry = 'dist/test/fixtures/runner-app/main.js';
  const server = (app = await ServedApp.spawn({ entry, env: { RUNNABLE: 'Slow' } }));
  await until(async () => (await server.get('/livez')).status === 200, 20_000);
  const early = server.post('/multiply', [1, 2]);
  const readyz = await server.get('/readyz');
  expect(readyz.status).toBe(503);
  expect(await readyz.text()).toContain('Runner "arithmetic" is starting.');
  expect((await server.get('/livez')).status).toBe(200);
  await server.untilReady();
  expect(await (await early).json()).toEqual([3, 6]);
});

it('SIGTERM while a model loads: exit 0 within 2 s, no child left', async () => {
  const entry = 'dist/test/fixtures/runner-app/main.js';
  const server = (app = await ServedApp.spawn({ entry, env: { RUNNABLE: 'Slow' } }));
  await until(async () => (await server.get('/livez')).status === 200, 20_000);
  const workers = childPids(server.process.pid);
  const startedAt = performance.now();
  expect(await server.end('SIGTERM')).toBe(0);
  const ms = performance.now() - startedAt;
  console.info(`exit after ${ms.toFixed(0)} ms (bound 2000)`);
  expect(workers.length).toBeGreaterThan(0);
  await until(() => !workers.some((pid) => isAlive(pid)), 2000);
  expect(ms).toBeLessThan(2000);
});
