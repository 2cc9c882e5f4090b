import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from '../contained-path.js';
import { NewestVersion } from '../list/newest-version.js';
import { StoreNotWritableError } from '../model-store.errors.js';
import { newStagingPath, syncFolder } from './staging.js';

/** Each one more than the first means that somebody else saved or deleted a version meanwhile. */
const MAX_ATTEMPTS = 100;

/** A file with a version in it that is on the disk and can become the file `latest` of its name. */
export interface PreparedLatest {
  readonly version: string;
  readonly path: string;
}

/** Before a version is there, so that on a full disk it does not come to be without its `latest`. */
export async function prepareLatest(home: string, version: string): Promise<PreparedLatest> {
  const path = await newStagingPath(home);
  try {
    await writeFile(path, version, { flush: true });
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  return { version, path };
}

/**
 * Makes the file `latest` of a name tell its newest version. No lock: who wrote it looks again, and
 * writes again where somebody was faster, so the last of all writers leaves the newest behind.
 */
export async function updateLatest(
  home: string,
  name: string,
  prepared?: PreparedLatest,
): Promise<void> {
  const versions = join(home, 'models', name);
  const path = join(versions, 'latest');
  const newestOf = new NewestVersion(versions);
  let ready = prepared;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const told = await textOf(path);
    // A new version is compared with the latest alone; behind a write, which can undo somebody else's, all are.
    const isFirst = attempt === 0 && prepared !== undefined && told !== undefined;
    const newer = isFirst ? await newestOf.of([told, prepared.version]) : undefined;
    const newest = newer ?? (await newestOf.ofAll());
    if (told === newest) return;
    if (newest === undefined) {
      await rm(path, { force: true });
      continue;
    }
    const file = ready?.version === newest ? ready : await prepareLatest(home, newest);
    if (file === ready) ready = undefined;
    await put(file.path, path);
  }
  throw new StoreNotWritableError(
    `Could not tell the latest version of ${name}: other processes saved or deleted one at each of ${MAX_ATTEMPTS} attempts. Try again when they are done.`,
  );
}

async function put(from: string, path: string): Promise<void> {
  try {
    await rename(from, path);
    await syncFolder(join(path, '..'));
  } catch (error) {
    await rm(from, { force: true });
    // Somebody deleted the last version, and the folder with it: there is nothing to tell any more.
    if (!isAbsent(error)) throw error;
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
