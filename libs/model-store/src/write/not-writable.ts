import { StoreNotWritableError } from '../model-store.errors.js';

const CURES: Readonly<Record<string, string>> = {
  ENOSPC: 'Its disk is full: free space, or set BENTOML_HOME to a folder on another disk.',
  EDQUOT: 'Its disk quota is used up: free space, or set BENTOML_HOME to a folder on another disk.',
  EROFS: 'Its disk is read-only: mount it for writing, or set BENTOML_HOME to another folder.',
  EACCES: 'Its folder is not ours to write to: change its permissions, or set BENTOML_HOME.',
  EPERM: 'Its folder is not ours to write to: change its permissions, or set BENTOML_HOME.',
};

/** Runs what writes, and tells what the disk refused. */
export async function writing<Result>(what: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (!Object.hasOwn(CURES, code)) throw cause;
    throw new StoreNotWritableError(`Could not write ${what}: ${code}. ${CURES[code]}`, { cause });
  }
}
