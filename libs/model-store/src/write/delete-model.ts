import { rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from '../contained-path.js';
import type { Tag } from '../tag.js';
import { updateLatest } from './latest.js';
import { writing } from './not-writable.js';
import { newStagingPath, syncFolder } from './staging.js';

/** Takes a version out of the store: it is there as a whole until it is not there at all. */
export async function deleteModel(home: string, tag: Tag): Promise<void> {
  await writing(`delete ${tag.toString()}`, () => takeAway(home, tag));
}

/** The same with the errors of the disk. */
export async function takeAway(home: string, { name, version = '' }: Tag): Promise<void> {
  const versions = join(home, 'models', name);
  const deleted = await newStagingPath(home);
  await rename(join(versions, version), deleted).catch((error: unknown) => {
    // Somebody else deleted it just now.
    if (!isAbsent(error)) throw error;
  });
  const isTold = await updateLatest(home, name).then(
    () => true,
    () => false,
  );
  await rm(deleted, { recursive: true, force: true });
  // A full disk has room for the file latest only now.
  if (!isTold) await updateLatest(home, name);
  await removeIfEmpty(versions);
}

async function removeIfEmpty(versions: string): Promise<void> {
  try {
    await rmdir(versions);
    await syncFolder(join(versions, '..'));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(code)) throw error;
  }
}
