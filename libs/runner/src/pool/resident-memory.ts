import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Resident memory of a process in MiB, 0 when it is gone. A busy worker could not tell it itself.
 *
 * @throws what stands against reading it: a limit that cannot be held is told of.
 */
export async function residentMemoryMb(pid: number): Promise<number> {
  try {
    return process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid);
  } catch (error) {
    if (isGone(error)) return 0;
    throw error;
  }
}

/** `ps` ends with 1 where there is no such process. */
function isGone(error: unknown): boolean {
  const { code } = error as { readonly code?: string | number };
  return code === 'ENOENT' ? process.platform === 'linux' : code === 'ESRCH' || code === 1;
}

async function fromProc(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
}

async function fromPs(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) / 1024;
}
