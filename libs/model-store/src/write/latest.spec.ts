import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { addModel, temporaryFolder } from '../model-store.fixture.js';
import { ModelStore } from '../model-store.js';
import { updateLatest } from './latest.js';

// What another process does between two calls of this one: no timing of real processes can be held to it.
const others = { beforeRm: async () => {}, afterRename: async () => {} };
const read: string[] = [];
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    readFile: (path: string, encoding: 'utf8') => {
      if (path.endsWith('model.yaml')) read.push(path);
      return real.readFile(path, encoding);
    },
    rm: async (...args: Parameters<typeof fs.rm>) => {
      await others.beforeRm();
      await real.rm(...args);
    },
    rename: async (...args: Parameters<typeof fs.rename>) => {
      await real.rename(...args);
      await others.afterRename();
    },
  };
});

it('a save into a name with many versions reads each of them once, and two where it is not the newest', async () => {
  const home = await temporaryFolder(onTestFinished);
  for (let i = 0; i < 40; i++) await addModel(home, 'a', `v${i}`);
  const store = new ModelStore({ home });
  const files = { weights: Buffer.from('x') };
  const saved = async (version: string): Promise<[number, string]> => {
    read.length = 0;
    await store.save('a', files, { version });
    // Its own is read once more, to be returned.
    return [read.length - 1, await fs.readFile(join(home, 'models/a/latest'), 'utf8')];
  };
  expect(await saved('now')).toEqual([41, 'now']);
  expect(new Set(read).size).toBe(41);
  const old = join(home, 'models/a/v7');
  await fs.rename(old, join(home, 'v7'));
  read.length = 0;
  await store.import(join(home, 'v7'));
  expect(read.filter((path) => path.startsWith(join(home, 'models'))).toSorted()).toEqual(
    ['now', 'v7', 'v7'].map((version) => join(home, 'models/a', version, 'model.yaml')),
  );
  expect(await fs.readFile(join(home, 'models/a/latest'), 'utf8')).toBe('now');
});

it('latest names the version that was saved while it was to go with the last one', async () => {
  const home = await temporaryFolder(onTestFinished);
  await addModel(home, 'a', 'v1');
  await fs.rename(join(home, 'models/a/v1'), join(home, 'deleted'));
  others.beforeRm = async () => {
    others.beforeRm = async () => {};
    await addModel(home, 'a', 'v2');
  };
  await updateLatest(home, 'a');
  expect(await fs.readFile(join(home, 'models/a/latest'), 'utf8')).toBe('v2');
});

it('who cannot tell the latest because others never stop says so', async () => {
  const home = await temporaryFolder(onTestFinished);
  await addModel(home, 'a', 'v1');
  const path = join(home, 'models/a/latest');
  others.afterRename = () => fs.writeFile(path, 'v0');
  await fs.writeFile(path, 'v0');
  await expect(updateLatest(home, 'a')).rejects.toMatchObject({
    code: 'STORE_NOT_WRITABLE',
    message: expect.stringContaining('Try again when they are done') as string,
  });
});
