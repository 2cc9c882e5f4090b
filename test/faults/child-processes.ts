import { execFileSync } from 'node:child_process';

type Pair = readonly [pid: number, parent: number];

function listProcesses(): readonly Pair[] {
  const listed = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const lines = listed.trim().split('\n');
  return lines.map((line) => line.trim().split(/\s+/).map(Number) as unknown as Pair);
}

/** The process ids of a process's children. */
export function childPids(parent: number | undefined): number[] {
  // `ps` itself is not a child of the parent that is asked about, but of this process.
  return listProcesses().flatMap(([pid, of]) => (of === parent ? [pid] : []));
}

/** Those of its children, of theirs, and so on. */
export function descendantPids(ancestor: number | undefined): number[] {
  const all = listProcesses();
  const below = (parent: number | undefined): number[] =>
    all.flatMap(([pid, of]) => (of === parent ? [pid, ...below(pid)] : []));
  return below(ancestor);
}
