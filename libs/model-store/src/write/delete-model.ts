import { rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from '../contained-path.js';
import type { Tag } from '../tag.js';
import { updateLatest } from './latest.js';
import { writing } from './not-writable.js';
import { syncFolder, withStaging } from './staging.js';

/** Takes a version out of the store: it is there as a whole until it is not there at all. */
export async function deleteModel(home: string, tag: Tag): Promise<void> {
  const { name, version = '' } = tag;
  const versions = join(home, 'models', name);
  await writing(`to delete ${tag.toString()}`, () =>
    withStaging(home, async (folder) => {
      await rename(join(versions, version), join(folder, 'deleted')).catch((error: unknown) => {
        // Somebody else deleted it just now.
        if (!isAbsent(error)) throw error;
      });
      await updateLatest(home, name, folder);
      await removeIfEmpty(versions);
    }),
  );
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
