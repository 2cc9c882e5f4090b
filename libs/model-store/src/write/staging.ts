import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAbsent, reasonOf } from '../contained-path.js';

/** Beside `models/`, for Python's BentoML takes every folder in there for a model. */
const STAGING = '.staging';
/** What is older was left by a process that died. */
const STALE_MS = 24 * 60 * 60 * 1000;

/** Makes a folder and those above it. Node's own `recursive` says ENOENT where the disk is read-only. */
async function makeFolder(path: string): Promise<void> {
  const make = (): Promise<void> =>
    mkdir(path).catch((error: unknown) => {
      if (reasonOf(error) !== 'EEXIST') throw error;
    });
  try {
    await make();
  } catch (error) {
    if (reasonOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await make();
  }
}

/** Makes a folder as {@link makeFolder} does, with all names above it on the disk. */
async function makeLastingFolder(path: string, home: string): Promise<void> {
  await makeFolder(path);
  for (let above = dirname(path); above.length >= home.length; above = dirname(above)) {
    await syncFolder(above);
    if (above === dirname(above)) return;
  }
}

/** A path on the store's own disk at which nothing is: for what a rename moves to its place, or away. */
export async function newStagingPath(home: string): Promise<string> {
  const parent = join(home, STAGING);
  await makeFolder(parent);
  await sweep(parent);
  return join(parent, randomUUID());
}

/**
 * A new folder on the store's own disk, which is deleted behind `use` unless it was moved away: what a
 * rename then puts into the store is there as a whole or not at all.
 */
export async function withStaging<Result>(
  home: string,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await newStagingPath(home);
  await mkdir(folder, { mode: 0o755 });
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sweep(parent: string): Promise<void> {
  const oldest = Date.now() - STALE_MS;
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    const isStale = await stat(path).then(
      ({ mtimeMs }) => mtimeMs < oldest,
      // Another process has swept it.
      () => false,
    );
    if (isStale) await rm(path, { recursive: true, force: true });
  }
}

/** Whether a rename failed because its target is there. */
function isTaken(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '');
}

const MAX_ATTEMPTS = 10;

/** Moves a staged folder to its place in the store, where nothing may be; false where something is. */
export async function place(folder: string, target: string, home: string): Promise<boolean> {
  const parent = dirname(target);
  for (let attempt = 1; ; attempt++) {
    await makeLastingFolder(parent, home);
    try {
      await rename(folder, target);
      await syncFolder(parent);
      return true;
    } catch (error) {
      if (isTaken(error)) return false;
      // Who deleted the last version has deleted the name's folder just now.
      if (!isAbsent(error) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Folders cannot be synchronised on every system: there the rename is all that can be had. */
const CANNOT_SYNC = new Set(['EISDIR', 'EPERM', 'EINVAL', 'EBADF']);

/** Waits until the names in a folder, and in those in it, are on the disk. */
export async function syncFolders(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncFolders(join(folder, entry.name));
  }
  await syncFolder(folder);
}

/** Waits until the names in a folder are on the disk. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!CANNOT_SYNC.has(reasonOf(error))) throw error;
  }
}
