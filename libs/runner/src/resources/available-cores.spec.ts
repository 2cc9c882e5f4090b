import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { availableCores, cpuQuota } from './available-cores.js';

type Files = Readonly<Record<string, string>>;

const reader =
  (files: Files) =>
  (path: string): string | undefined =>
    files[path];

const V2 = '/sys/fs/cgroup';
const V1 = '/sys/fs/cgroup/cpu';
const v1 = (folder: string, quota: number): Files => ({
  [`${folder}/cpu.cfs_quota_us`]: `${quota}\n`,
  [`${folder}/cpu.cfs_period_us`]: '100000\n',
});

describe('the quota', () => {
  it.each<[string, Files, number]>([
    ['no files at all', {}, Infinity],
    ['an unreadable membership', { '/proc/self/cgroup': 'nonsense\n' }, Infinity],
    [
      'version 2, in a container: its group is the root',
      { '/proc/self/cgroup': '0::/\n', [`${V2}/cpu.max`]: '150000 100000\n' },
      1.5,
    ],
    [
      'version 2, max',
      { '/proc/self/cgroup': '0::/\n', [`${V2}/cpu.max`]: 'max 100000\n' },
      Infinity,
    ],
    [
      'version 2, nested: the least above it holds',
      {
        '/proc/self/cgroup': '0::/a.slice/b.scope\n',
        [`${V2}/a.slice/b.scope/cpu.max`]: '400000 100000\n',
        [`${V2}/a.slice/cpu.max`]: '250000 100000\n',
      },
      2.5,
    ],
    [
      'version 2, nested: the least is its own',
      {
        '/proc/self/cgroup': '0::/a/b\n',
        [`${V2}/a/b/cpu.max`]: '50000 100000\n',
        [`${V2}/a/cpu.max`]: 'max 100000\n',
      },
      0.5,
    ],
    [
      'version 2, a path above the namespace’s root',
      { '/proc/self/cgroup': '0::/../../x\n', [`${V2}/cpu.max`]: '300000 100000\n' },
      3,
    ],
    [
      'version 2, a name with a colon',
      { '/proc/self/cgroup': '0::/cri:1\n', [`${V2}/cri:1/cpu.max`]: '300000 100000\n' },
      3,
    ],
    [
      'version 2 beside version 1',
      {
        '/proc/self/cgroup': '1:memory:/m\n0::/a\n',
        [`${V2}/unified/a/cpu.max`]: '100000 50000\n',
      },
      2,
    ],
    ['version 1', { '/proc/self/cgroup': '4:cpu,cpuacct:/a\n', ...v1(`${V1}/a`, 250_000) }, 2.5],
    [
      'version 1, mounted under both controllers’ names',
      { '/proc/self/cgroup': '4:cpu,cpuacct:/a\n', ...v1(`${V1},cpuacct/a`, 250_000) },
      2.5,
    ],
    [
      'version 1, in a container: the host’s path is not there',
      { '/proc/self/cgroup': '4:cpu:/docker/0f\n', ...v1(V1, 200_000) },
      2,
    ],
    ['version 1, no limit', { '/proc/self/cgroup': '4:cpu:/\n', ...v1(V1, -1) }, Infinity],
    [
      'version 1, nested',
      { '/proc/self/cgroup': '4:cpu:/a/b\n', ...v1(`${V1}/a/b`, -1), ...v1(`${V1}/a`, 100_000) },
      1,
    ],
    [
      'version 1, other controllers whose names begin alike',
      { '/proc/self/cgroup': '4:cpuset,cpuacct:/a\n', ...v1(`${V1}/a`, 100_000) },
      Infinity,
    ],
    [
      'a period of zero',
      { '/proc/self/cgroup': '0::/\n', [`${V2}/cpu.max`]: '100000 0\n' },
      Infinity,
    ],
  ])('is read from %s', (_name, files, cores) => {
    expect(cpuQuota(reader(files))).toBe(cores);
  });
});

describe('the cores', () => {
  const withQuota = (quota: number): Files => ({
    '/proc/self/cgroup': '0::/\n',
    [`${V2}/cpu.max`]: `${quota} 100000\n`,
  });

  it.each([
    [8, 150_000, 2],
    [8, 200_000, 2],
    [8, 10_000, 1],
    [4, 1_600_000, 4],
  ])('of %d and a quota of %d µs in 100,000 are %d', (parallelism, quota, cores) => {
    expect(availableCores({ parallelism, read: reader(withQuota(quota)) })).toBe(cores);
  });

  it('are from 1 to those of the machine, whatever the files hold', () => {
    const content = fc.string();
    fc.assert(
      fc.property(content, content, fc.integer({ min: 1, max: 256 }), (max, quota, parallelism) => {
        const read = (path: string): string =>
          path === '/proc/self/cgroup' ? '0::/\n1:cpu:/\n' : path.endsWith('max') ? max : quota;
        const cores = availableCores({ parallelism, read });
        expect(Number.isInteger(cores) && cores >= 1 && cores <= parallelism).toBe(true);
      }),
    );
  });

  it('of this machine are at most those that Node counts', () => {
    const cores = availableCores();
    expect(cores).toBeGreaterThanOrEqual(1);
    expect(cores).toBeLessThanOrEqual(availableParallelism());
  });
});

function canMakeGroups(): boolean {
  try {
    accessSync(`${V1}/cpu.cfs_quota_us`, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!canMakeGroups())('a real group of version 1', () => {
  it('limits a process within it', async () => {
    const folder = `${V1}/bentonest-spec-${process.pid}`;
    mkdirSync(`${folder}/inner`, { recursive: true });
    writeFileSync(`${folder}/cpu.cfs_quota_us`, '130000');
    const child = spawn('sleep', ['60']);
    try {
      writeFileSync(`${folder}/inner/cgroup.procs`, String(child.pid));
      const read = (path: string): string | undefined => {
        const file = path.replace('/self/', `/${child.pid}/`);
        return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
      };
      expect(cpuQuota(read)).toBe(1.3);
      expect(availableCores({ parallelism: 8, read })).toBe(2);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
      rmdirSync(`${folder}/inner`);
      rmdirSync(folder);
    }
  });
});
