import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { isAbsent } from '../contained-path.js';
import { newestVersion } from '../list/newest-version.js';
import { syncFolder } from './staging.js';

const MAX_ATTEMPTS = 20;

/**
 * Makes the file `latest` of a name tell its newest version. No lock: who writes it looks again, and
 * writes again where somebody was faster, so the last of all writers leaves the newest behind.
 */
export async function updateLatest(home: string, name: string, staging: string): Promise<void> {
  const versions = join(home, 'models', name);
  let written: string | undefined;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const newest = await newestVersion(versions);
    if (newest === undefined) {
      await rm(join(versions, 'latest'), { force: true });
      return;
    }
    if (newest === written) return;
    try {
      await replace(join(versions, 'latest'), newest, staging);
    } catch (error) {
      // Somebody deleted all of its versions.
      if (isAbsent(error)) return;
      throw error;
    }
    written = newest;
  }
}

async function replace(path: string, text: string, staging: string): Promise<void> {
  await mkdir(staging, { recursive: true });
  const temporary = join(staging, `latest-${randomUUID()}`);
  await writeFile(temporary, text, { flush: true });
  await rename(temporary, path);
  await syncFolder(join(path, '..'));
}
