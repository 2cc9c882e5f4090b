import { StoreNotWritableError } from '../model-store.errors.js';

/** What is written to, and what to do where it cannot be. */
interface Place {
  readonly owner: string;
  readonly instead: string;
}

const STORE: Place = {
  owner: 'The store’s',
  instead: 'set BENTOML_HOME to a folder on another disk',
};
/** Where an export goes. */
export const TARGET: Place = {
  owner: 'The target’s',
  instead: 'export to a folder on another disk',
};

const REASONS: Readonly<Record<string, readonly [fault: string, cure: string]>> = {
  ENOSPC: ['disk is full', 'free space'],
  EDQUOT: ['disk quota is used up', 'free space'],
  EROFS: ['disk is read-only', 'mount it for writing'],
  EACCES: ['folder is not ours to write to', 'change its permissions'],
  EPERM: ['folder is not ours to write to', 'change its permissions'],
};

/**
 * Runs what writes, and tells what the disk refused. What it reads from elsewhere has errors of its own.
 *
 * @param what As in “Could not …”.
 */
export async function writing<Result>(
  what: string,
  write: () => Promise<Result>,
  { owner, instead }: Place = STORE,
): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (!Object.hasOwn(REASONS, code) || cause instanceof StoreNotWritableError) throw cause;
    const [fault, cure] = REASONS[code];
    throw new StoreNotWritableError(
      `Could not ${what}: ${code}. ${owner} ${fault}: ${cure}, or ${instead}.`,
      { cause },
    );
  }
}
