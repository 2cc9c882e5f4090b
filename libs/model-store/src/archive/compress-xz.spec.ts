import { spawnSync } from 'node:child_process';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../model-store.fixture.js';
import { ModelStore } from '../model-store.js';

const hasXz = spawnSync('xz', ['--version']).status === 0;
if (!hasXz) console.warn('SKIPPED: xz is not installed, no archive is compressed with it.');

let home: string;
let outside: string;
let store: ModelStore;

describe('an export with xz', () => {
  const PROGRAMS = process.env.PATH;

  beforeEach(async () => {
    home = await temporaryFolder(onTestFinished);
    outside = await temporaryFolder(onTestFinished);
    store = new ModelStore({ home });
    const files = {
      'saved_model.onnx': Buffer.from('model'),
      weights: Buffer.alloc(3_000_000, 'abc'),
    };
    await store.save('iris_clf', files, { version: 'v1' });
    onTestFinished(() => void vi.unstubAllEnvs());
  });

  /** A folder of PATH whose xz is a script of ours, or without any. */
  async function programs(script?: string): Promise<void> {
    const bin = await temporaryFolder(onTestFinished);
    if (script !== undefined) {
      await writeFile(join(bin, 'xz'), `#!/bin/sh\nPATH=${PROGRAMS}\n${script}\n`, { mode: 0o755 });
    }
    vi.stubEnv('PATH', bin);
  }

  const refusal = (): Promise<unknown> =>
    store.export('iris_clf', join(outside, 'm.tar.xz')).catch((error: unknown) => error);

  it.skipIf(!hasXz)('is read by tar and by the import', async () => {
    const path = await store.export('iris_clf', outside, { format: 'xz' });
    expect(path).toBe(join(outside, 'iris_clf-v1.tar.xz'));
    const other = new ModelStore({ home: await temporaryFolder(onTestFinished) });
    expect({ ...(await other.import(path)), folder: '' }).toEqual({
      ...(await store.describe('iris_clf')),
      folder: '',
    });
    expect((await readFile(path)).subarray(0, 6).toString('latin1')).toBe('\xfd7zXZ\0');
    const listed = spawnSync('tar', ['-tJf', path], { encoding: 'utf8' });
    expect(listed.stdout.split('\n').slice(0, 3)).toEqual([
      './model.yaml',
      './saved_model.onnx',
      './weights',
    ]);
  });

  it.skipIf(!hasXz).each(['m.tar.xz', 'm.txz'])('is what %s means', async (name) => {
    const path = await store.export('iris_clf', join(outside, name));
    expect((await readFile(path)).subarray(1, 4).toString()).toBe('7zX');
  });

  it('says where the program is to be had, and leaves nothing', async () => {
    await programs();
    expect(await refusal()).toMatchObject({
      code: 'INVALID_MODEL_SOURCE',
      message:
        'Expected the program xz on PATH to compress the archive, got none: install it (Debian: apt install xz-utils, macOS: brew install xz), or export as .tar.gz.',
    });
    expect(await readdir(outside)).toEqual([]);
  });

  it.each([
    ['ends early', 'head -c 100000 >/dev/null; exit 3', 'exit code 3'],
    ['fails at its end', 'cat; exit 1', 'exit code 1'],
    ['is killed', 'kill -9 $$', 'the signal SIGKILL'],
  ])('says so where the program %s, and leaves nothing', async (_name, script, got) => {
    await programs(script);
    expect(await refusal()).toMatchObject({
      message: `Expected xz to compress the archive, got ${got}. Free memory, look at XZ_OPT, or export as .tar.gz.`,
    });
    expect(await readdir(outside)).toEqual([]);
  });

  it('ends with its signal, though the program says nothing, and takes it along', async () => {
    const pid = join(outside, 'pid');
    await programs(`echo $$ > ${pid}; exec sleep 1000`);
    const aborting = new AbortController();
    const exporting = store.export('iris_clf', join(outside, 'm.tar.xz'), {
      signal: aborting.signal,
    });
    await vi.waitFor(async () => expect(await readFile(pid, 'utf8')).toMatch(/\n/), 10_000);
    aborting.abort();
    await expect(exporting).rejects.toMatchObject({ name: 'AbortError' });
    const id = Number(await readFile(pid, 'utf8'));
    await vi.waitFor(() => expect(() => process.kill(id, 0)).toThrow('ESRCH'), 10_000);
    expect(await readdir(outside)).toEqual(['pid']);
  });
});
