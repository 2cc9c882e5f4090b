import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { addModel, temporaryFolder } from '../model-store.fixture.js';
import { updateLatest } from './latest.js';

// What another process does between two calls of this one: no timing of real processes can be held to it.
const others = { beforeRm: async () => {}, afterRename: async () => {} };
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
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
