import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ROOT, bentonest, temporaryFolder } from '../e2e/cli-process.js';
import { canMount, mount } from './small-disk.js';

const ONNX = join(ROOT, 'test/models/store/models/mlp/tz3vkqd2csxgcyz4/saved_model.onnx');
const BOUND = 2;

let disk: string;
let home: string;

beforeEach(async (context) => {
  const folder = await temporaryFolder(onTestFinished);
  disk = join(folder, 'disk');
  home = join(folder, 'home');
  await mkdir(disk);
  if (!mount(disk, `size=${BOUND}m`)) context.skip('mount is not allowed here');
  await cp(join(ROOT, 'test/models/store'), home, { recursive: true });
});

async function fill(): Promise<void> {
  const { bavail, bsize } = await statfs(disk);
  await writeFile(join(disk, 'filler'), Buffer.alloc(bavail * bsize));
}

/** The one line of a refusal; the disk is as it was. */
async function refusal(store: string, ...args: readonly string[]): Promise<string> {
  const before = (await readdir(disk, { recursive: true })).toSorted();
  const { code, stdout, stderr } = await bentonest(args, {
    cwd: disk,
    env: { BENTOML_HOME: store },
  });
  expect([code, stdout]).toEqual([1, '']);
  expect((await readdir(disk, { recursive: true })).toSorted()).toEqual(before);
  return stderr;
}

describe.skipIf(!canMount)('a command on a disk', () => {
  it('that is full says so with the cure, and leaves nothing', async () => {
    await cp(home, join(disk, 'store'), { recursive: true });
    await mkdir(join(disk, 'store/.staging'));
    await fill();
    const store = join(disk, 'store');
    expect(await refusal(store, 'models', 'import', ONNX, '-t', 'digits:v1')).toBe(
      'bentonest: Could not write model digits:v1: ENOSPC. The store’s disk is full: free space, or set BENTOML_HOME to a folder on another disk.\n',
    );
    expect(await refusal(home, 'models', 'export', 'mlp', 'mlp.tar')).toBe(
      'bentonest: Could not export to "mlp.tar": ENOSPC. The target’s disk is full: free space, or export to a folder on another disk.\n',
    );
    expect(await refusal(home, 'new', 'iris')).toBe(
      'bentonest: The disk is full. Free space, or use another folder.\n',
    );
    const deleted = await bentonest(['models', 'delete', 'mlp', '-y', '--home', store]);
    expect(deleted).toMatchObject({ code: 0, stdout: 'Deleted mlp:tz3vkqd2csxgcyz4\n' });
    await rm(join(disk, 'filler'));
    const made = await bentonest(['new', 'iris', '-o', 'json'], { cwd: disk });
    expect([made.code, made.stderr]).toEqual([0, '']);
    const { name, path, files } = JSON.parse(made.stdout) as { [key: string]: string } & {
      files: string[];
    };
    expect([name, path]).toEqual(['iris', join(disk, 'iris')]);
    expect(files).toContain('package.json');
  });

  it('that is read-only says so with the cure', async () => {
    const store = join(disk, 'store');
    await cp(home, store, { recursive: true });
    spawnSync('mount', ['-o', 'remount,ro', disk]);
    const cure =
      'EROFS. The store’s disk is read-only: mount it for writing, or set BENTOML_HOME to a folder on another disk.\n';
    expect(await refusal(store, 'models', 'import', ONNX, '-t', 'digits:v1')).toBe(
      `bentonest: Could not write model digits:v1: ${cure}`,
    );
    expect(await refusal(store, 'models', 'delete', 'iris_clf', '-y')).toBe(
      `bentonest: Could not delete iris_clf:qojfx7t2csxcqyz4: ${cure}`,
    );
    expect(await refusal(home, 'models', 'export', 'mlp', disk)).toBe(
      'bentonest: Could not export to "mlp-tz3vkqd2csxgcyz4.bentomodel": EROFS. The target’s disk is read-only: mount it for writing, or export to a folder on another disk.\n',
    );
    expect(await refusal(home, 'models', 'export', 'mlp', disk, '-f', 'folder')).toContain(
      'EROFS. The target’s disk is read-only',
    );
    expect(await refusal(home, 'new', 'iris')).toBe(
      'bentonest: The file system is read-only. Use another folder.\n',
    );
  });
});
