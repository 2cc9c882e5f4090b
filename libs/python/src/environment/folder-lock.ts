import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, rmdir, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;
/** How often a holder says that it lives. */
const HEARTBEAT_MS = 2_000;
/** A lock whose holder has been silent for this long is of a process that died. */
const STALE_MS = 20_000;

/**
 * Does the work while no other process does it, on this machine or another that has the folder
 * `lock` in common. A process that died with the lock keeps the others for 20 seconds.
 */
export async function withFolderLock<Result>(
  lock: string,
  work: () => Promise<Result>,
  onWait: () => void = () => undefined,
): Promise<Result> {
  for (let tries = 0; !(await tryLock(lock)); tries++) {
    if (tries === 0) onWait();
    await sleep(POLL_MS);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    // Where another process took it for dead, say after a suspend, there is nothing to keep.
    utimes(lock, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rmdir(lock).catch(() => undefined);
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (await isStale(lock)) await removeStale(lock);
  return false;
}

/** Moved first and looked at again: another process may have done this and have locked it since. */
async function removeStale(lock: string): Promise<void> {
  const moved = `${lock}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(lock, moved);
  } catch {
    return;
  }
  if (await isStale(moved)) await rm(moved, { recursive: true, force: true });
  else await rename(moved, lock).catch(() => undefined);
}

function isStale(folder: string): Promise<boolean> {
  return stat(folder).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > STALE_MS,
    () => false,
  );
}
