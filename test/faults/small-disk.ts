import { spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';

const isRoot = process.getuid?.() === 0;
/** Whether a disk of one's own can be made, to fill it or to forbid writing. */
export const canMount =
  isRoot && process.platform === 'linux' && spawnSync('mount', ['-V']).status === 0;
if (!canMount) console.warn('SKIPPED: a full disk needs root and mount, to make a small one.');

/** A disk of so many bytes, mounted at a folder; false where that is not allowed. */
export function mount(folder: string, options: string): boolean {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  if (status === 0) onTestFinished(() => void spawnSync('umount', ['-l', folder]));
  return status === 0;
}
