import { execFileSync } from 'node:child_process';

/** The process ids of a process's children. */
export function childPids(parent: number | undefined): number[] {
  const listed = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = listed
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  // `ps` itself is not a child of the parent that is asked about, but of this process.
  return pairs.filter((pair) => pair[1] === parent).map((pair) => pair[0]);
}
