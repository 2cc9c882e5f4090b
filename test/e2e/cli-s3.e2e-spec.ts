import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, afterAll, expect, it } from 'vitest';
import { ROOT, bentonest, temporaryFolder } from './cli-process.js';
import type { Outcome } from './cli-process.js';
import { startS3 } from './s3-server.js';

const IRIS = 'iris_clf:qojfx7t2csxcqyz4';
const URL_OF_IRIS = 's3://models/deep/iris.bentomodel';

let home: string;
let env: Record<string, string>;

const cleanups: (() => unknown)[] = [];

afterAll(async () => {
  for (const clean of cleanups.toReversed()) await clean();
});

beforeAll(async () => {
  const folder = await temporaryFolder((remove) => cleanups.push(remove));
  home = join(folder, 'home');
  await cp(join(ROOT, 'test/models/store'), home, { recursive: true });
  const server = await startS3(join(folder, 's3'));
  cleanups.push(server.stop);
  ({ env } = server);
}, 60_000);

const models = (store: string, ...args: string[]): Promise<Outcome> =>
  bentonest(['models', ...args, '--home', store], { env });

it('push sends a model, and pull takes it into another store', async () => {
  const pushed = await models(home, 'push', 'iris_clf', URL_OF_IRIS);
  expect(pushed).toEqual({ code: 0, stdout: `${URL_OF_IRIS}\n`, stderr: '' });
  const other = join(home, '../other');
  const pulled = await models(other, 'pull', URL_OF_IRIS, '-l', 'from=s3', '-o', 'json');
  expect([pulled.code, pulled.stderr]).toEqual([0, '']);
  expect(JSON.parse(pulled.stdout)).toMatchObject({ tag: IRIS, labels: { from: 's3' } });

  const again = await models(home, 'push', 'iris_clf', URL_OF_IRIS);
  expect(again.code).toBe(1);
  expect(again.stderr).toMatch(/^bentonest: Expected [^\n]+\n$/);
  expect((await models(home, 'push', 'iris_clf', URL_OF_IRIS, '--overwrite')).code).toBe(0);
  const told = await models(home, 'push', 'iris_clf', URL_OF_IRIS, '--overwrite', '-o', 'json');
  expect(JSON.parse(told.stdout)).toEqual({ tag: IRIS, target: URL_OF_IRIS });
});

it.each([
  ['an object that is not there', ['pull', 's3://models/nothing']],
  ['an address without a key', ['pull', 's3://models/']],
  ['a bucket that is not there', ['push', 'mlp', 's3://nowhere/x']],
])('%s is one line', async (_, args) => {
  const { code, stdout, stderr } = await models(home, ...args);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^bentonest: [^\n]+\n$/);
});
