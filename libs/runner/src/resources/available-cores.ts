import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path/posix';

/** Reads a small text file; undefined where there is none. */
export type ReadText = (path: string) => string | undefined;

/** Where {@link coresOf} looks; the machine's own by default. */
export interface CoreSources {
  readonly parallelism?: number;
  readonly read?: ReadText;
}

/**
 * The cores that this process may really use: Node counts those of its affinity mask, and libuv
 * before 1.49 does not know of a container's CPU quota, which is what `docker --cpus` and limits in
 * Kubernetes set. A part of a core counts as a whole one.
 */
export function availableCores(sources: CoreSources = {}): number {
  const { parallelism = availableParallelism(), read = readText } = sources;
  return Math.max(1, Math.min(parallelism, Math.ceil(cpuQuota(read))));
}

/** The least quota over a process's cgroup and all above it, in cores; Infinity without one. */
export function cpuQuota(read: ReadText): number {
  const quotas = (read('/proc/self/cgroup') ?? '').split('\n').flatMap((line) => {
    const [, controllers, group] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === '')
      return quotasUpwards(V2_ROOTS, group, (folder) => quotaV2(folder, read));
    if (!controllers?.split(',').includes('cpu')) return [];
    return quotasUpwards(V1_ROOTS, group, (folder) => quotaV1(folder, read));
  });
  return Math.min(Infinity, ...quotas);
}

/** Where distributions mount the hierarchies; `unified` beside those of version 1. */
const V2_ROOTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];
const V1_ROOTS = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/cpu,cpuacct'];

/**
 * A group's limit holds for all below it. In a container the group's path may be the host's, which
 * does not exist there; the walk then ends at the root, which is the container's own group.
 */
function quotasUpwards(
  roots: readonly string[],
  group: string,
  quotaOf: (folder: string) => number,
): number[] {
  const names = join('/', group)
    .split('/')
    .filter((name) => name !== '');
  return roots.flatMap((root) =>
    Array.from({ length: names.length + 1 }, (_, depth) =>
      quotaOf(join(root, ...names.slice(0, depth))),
    ),
  );
}

function quotaV2(folder: string, read: ReadText): number {
  const [quota, period] = (read(`${folder}/cpu.max`) ?? '').trim().split(' ');
  return toCores(quota, period);
}

function quotaV1(folder: string, read: ReadText): number {
  return toCores(read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`));
}

/** `max` in version 2 and -1 in version 1 stand for no limit, and so does what is not there. */
function toCores(quota: string | undefined, period: string | undefined): number {
  const cores = Number(quota) / Number(period);
  return cores > 0 && Number.isFinite(cores) ? cores : Infinity;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not Linux, no such group, or not ours to read: no quota is known.
    return undefined;
  }
}
