import { fork, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rm,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelStore } from 'bentonest/model-store';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { canMount, mount } from './small-disk.js';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/model-store/${name}`, import.meta.url));

const WRITERS = 16;

interface Outcome {
  readonly saved?: string;
  readonly code?: string;
  readonly message?: string;
}

let home: string;
let store: ModelStore;

beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'store-')));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  store = new ModelStore({ home });
});

/** One process per tag, all of which save at once. */
async function saveAtOnce(tags: readonly string[]): Promise<Outcome[]> {
  const writers = tags.map((tag) => fork(fixture('save.mjs'), [home, tag], { execArgv: [] }));
  onTestFinished(() => writers.forEach((writer) => writer.kill('SIGKILL')));
  await Promise.all(writers.map((writer) => once(writer, 'message')));
  const outcomes = writers.map(async (writer) => outcomeOf(writer));
  for (const writer of writers) writer.send('save');
  return Promise.all(outcomes);
}

async function outcomeOf(writer: ChildProcess): Promise<Outcome> {
  const [outcome] = (await once(writer, 'message')) as [Outcome];
  return outcome;
}

describe('16 processes', () => {
  it('that save one version: one wins, 15 are told, and no list sees half of it', async () => {
    const seen = new Set<string>();
    const problems: string[] = [];
    let lists = 0;
    let isSaving = true;
    const watch = async (): Promise<void> => {
      while (isSaving || lists < 1000) {
        const found = await store.list(undefined, {
          onProblem: (tag, problem) => problems.push(`${tag.toString()}: ${problem}`),
        });
        for (const { tag, sizeBytes } of found)
          seen.add(`${tag.toString()} ${sizeBytes >> 20} MiB`);
        lists++;
      }
    };
    const watching = watch();
    const outcomes = await saveAtOnce(Array.from({ length: WRITERS }, () => 'iris_clf:v1'));
    isSaving = false;
    await watching;
    const codes = outcomes.map(({ saved, code }) => saved ?? code ?? '');
    expect(codes.toSorted()).toEqual([...Array<string>(WRITERS - 1).fill('MODEL_EXISTS'), 'v1']);
    expect(problems).toEqual([]);
    expect([...seen]).toEqual(['iris_clf:v1 1 MiB']);
    expect(await readdir(join(home, '.staging'))).toEqual([]);
    console.info(`${WRITERS} writers: 1 won; ${lists} lists saw no half entry (bound 1,000 lists)`);
  });

  it('that save versions of their own: latest is the newest', async () => {
    const outcomes = await saveAtOnce(Array.from({ length: WRITERS }, () => 'iris_clf'));
    expect(outcomes.every(({ saved }) => saved !== undefined)).toBe(true);
    const models = await store.list('iris_clf');
    expect(models).toHaveLength(WRITERS);
    const times = models.map(({ createdAt }) => createdAt.getTime());
    const { createdAt } = await store.get('iris_clf:latest');
    expect(createdAt.getTime()).toBe(Math.max(...times));
  });
});

it('a process that is killed while it saves leaves nothing that a list or Python would see', async () => {
  const writer = fork(fixture('save.mjs'), [home, 'iris_clf:v1', '256'], { execArgv: [] });
  await once(writer, 'message');
  writer.send('save');
  while ((await readdir(join(home, '.staging')).catch(() => [])).length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  expect(await store.list()).toEqual([]);
  expect(await readdir(home)).toEqual(['.staging']);
  expect(
    (await store.save('iris_clf', { x: Buffer.alloc(1) }, { version: 'v1' })).tag.version,
  ).toBe('v1');
});

describe.skipIf(!canMount)('a disk', () => {
  it('that is full: a clean error, staging removed, lists and models as before', async (context) => {
    const small = join(home, 'small');
    await mkdir(small);
    if (!mount(small, 'size=4m')) context.skip('mount is not allowed here');
    const full = new ModelStore({ home: small });
    await full.save('iris_clf', { 'saved_model.onnx': Buffer.alloc(2 ** 20) }, { version: 'v1' });
    const large = full.save('iris_clf', { 'saved_model.onnx': Buffer.alloc(8 * 2 ** 20) });
    await expect(large).rejects.toMatchObject({
      code: 'STORE_NOT_WRITABLE',
      message: expect.stringContaining('ENOSPC. The store’s disk is full: free space') as string,
    });
    expect(await readdir(join(small, '.staging'))).toEqual([]);
    expect((await full.list()).map(({ tag }) => tag.toString())).toEqual(['iris_clf:v1']);
    expect((await full.get('iris_clf')).tag.version).toBe('v1');
    await expect(store.save('a', { x: Buffer.alloc(8 * 2 ** 20) })).resolves.toBeDefined();
    await expect(store.export('a', join(small, 'a.tar'))).rejects.toMatchObject({
      code: 'STORE_NOT_WRITABLE',
      message:
        'Could not export to "a.tar": ENOSPC. The target’s disk is full: free space, or export to a folder on another disk.',
    });
    expect((await readdir(small)).toSorted()).toEqual(['.staging', 'models']);
  });

  it('that is full to its last page: a version is there with its latest or not at all, and can be deleted', async (context) => {
    const small = join(home, 'small');
    await mkdir(small);
    if (!mount(small, 'size=1m')) context.skip('mount is not allowed here');
    const full = new ModelStore({ home: small });
    for (const version of ['v1', 'v2']) {
      await full.save('iris_clf', { x: Buffer.alloc(1) }, { version });
    }
    const fill = async (freePages: number): Promise<void> => {
      const { bavail, bsize } = await statfs(small);
      await writeFile(join(small, 'filler'), Buffer.alloc((bavail - freePages) * bsize), {
        flag: 'a',
      });
    };
    const outcomes: string[] = [];
    for (let freePages = 0; freePages <= 6; freePages++) {
      await rm(join(small, 'filler'), { force: true });
      await fill(freePages);
      const version = `v3-${freePages}`;
      const outcome: string = await full.save('iris_clf', { x: Buffer.alloc(1) }, { version }).then(
        () => 'saved',
        (error: unknown) => (error as { code: string }).code,
      );
      const isSaved = outcome === 'saved';
      expect(['saved', 'STORE_NOT_WRITABLE']).toContain(outcome);
      const versions = (await full.list()).map(({ tag }) => tag.version);
      expect(versions.includes(version)).toBe(isSaved);
      const latest = await readFile(join(small, 'models/iris_clf/latest'), 'utf8');
      expect(latest).toBe(isSaved ? version : 'v2');
      expect(await readdir(join(small, '.staging'))).toEqual([]);
      outcomes.push(outcome);
      if (isSaved) await full.delete('iris_clf');
    }
    console.info(`saved with 0 to 6 free pages: ${outcomes.join(', ')}`);
    expect(new Set(outcomes)).toEqual(new Set(['STORE_NOT_WRITABLE', 'saved']));
    await rm(join(small, 'filler'));
    await fill(0);
    await full.delete('iris_clf:v2');
    expect(await readFile(join(small, 'models/iris_clf/latest'), 'utf8')).toBe('v1');
    expect((await full.list()).map(({ tag }) => tag.version)).toEqual(['v1']);
  });

  it('that is read-only: a clean error, and what is there is served', async (context) => {
    const fixed = join(home, 'fixed');
    await mkdir(fixed);
    if (!mount(fixed, 'size=4m')) context.skip('mount is not allowed here');
    const readOnly = new ModelStore({ home: fixed });
    await readOnly.save('iris_clf', { 'saved_model.onnx': Buffer.alloc(1) }, { version: 'v1' });
    spawnSync('mount', ['-o', 'remount,ro', fixed]);
    const files = { x: Buffer.alloc(1) };
    for (const attempt of [readOnly.save('other', files), readOnly.delete('iris_clf')]) {
      await expect(attempt).rejects.toMatchObject({
        code: 'STORE_NOT_WRITABLE',
        message: expect.stringContaining('EROFS. The store’s disk is read-only') as string,
      });
    }
    expect((await readOnly.get('iris_clf')).tag.version).toBe('v1');
  });
});

it.skipIf(process.getuid?.() === 0)('a folder that is not ours: a clean error', async () => {
  await chmod(home, 0o500);
  onTestFinished(() => chmod(home, 0o700));
  await expect(store.save('iris_clf', { x: Buffer.alloc(1) })).rejects.toMatchObject({
    code: 'STORE_NOT_WRITABLE',
  });
});
