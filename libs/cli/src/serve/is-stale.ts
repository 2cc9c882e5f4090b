import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Entry } from './entry.js';

/** When the newest of a folder's files was written; 0 without files. */
async function newest(folder: string, pattern: RegExp): Promise<number> {
  const files = await readdir(folder, { recursive: true });
  const times = files
    .filter((file) => pattern.test(file) && !/(^|[\\/])node_modules[\\/]/.test(file))
    .map(async (file) => (await stat(join(folder, file))).mtimeMs);
  return Math.max(0, ...(await Promise.all(times)));
}

/** Whether a source was written after the last file of the build. */
export async function isStale({ file, sources }: Entry): Promise<boolean> {
  if (sources === undefined) return false;
  const [written, built] = await Promise.all([
    newest(sources, /(?<!\.spec|\.d)\.[mc]?ts$/),
    newest(dirname(file), /\.[mc]?js$/),
  ]);
  return written > built;
}
