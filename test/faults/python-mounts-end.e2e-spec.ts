import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { python, servePython, spawnPython } from '../e2e/python-apps.js';
import { isAlive, until } from '../e2e/served-app.js';
import type { ServedApp } from '../e2e/served-app.js';
import { childPids, descendantPids } from './child-processes.js';

/** Of this test's servers alone. */
const TMPDIR = mkdtempSync(join(tmpdir(), 'ends-'));
const SERVE = JSON.stringify({ host: '127.0.0.1' });
let server: ServedApp | undefined;

afterEach(async () => {
  await server?.end('SIGKILL');
});
afterAll(() => rmSync(TMPDIR, { recursive: true }));

const socketFolders = (): string[] =>
  readdirSync(TMPDIR).filter((name) => name.startsWith('bentonest-'));

const alive = (pids: readonly number[]): number[] => pids.filter((pid) => isAlive(pid));

/** Kills a server, waits until all that it has started is gone, and says how many these were. */
async function killed(killedServer: ServedApp): Promise<number> {
  const pids = descendantPids(killedServer.process.pid);
  await killedServer.end('SIGKILL');
  const describeAlive = (): string =>
    spawnSync('ps', ['-o', 'pid,ppid,args', '-p', alive(pids).join()], { encoding: 'utf8' }).stdout;
  const ms = await until(() => alive(pids).length === 0, 5000, describeAlive);
  console.info(`${pids.length} processes gone after ${ms.toFixed(0)} ms`);
  return pids.length;
}

describe.skipIf(python === '')('with Python applications', () => {
  it('SIGKILL of the server leaves no socket folder behind', async () => {
    server = await servePython({ WSGI_APP: 'wsgi_app:app', TMPDIR, SERVE });
    // Of each mount, of each of the two runners' workers, and one for the applications' way to the runners.
    expect(socketFolders()).toHaveLength(5);
    expect(await killed(server)).toBeGreaterThanOrEqual(6);
    expect(socketFolders()).toEqual([]);
  });

  it('SIGKILL of a server whose workers were killed before leaves none, either', async () => {
    server = await servePython({ APP: '', TMPDIR, SERVE });
    const { workerPids } = server;
    expect(workerPids).toHaveLength(2);
    const children = (): number[] => childPids(server?.process.pid).filter((pid) => isAlive(pid));
    const before = children().length;
    for (const pid of workerPids) process.kill(pid, 'SIGKILL');
    const others = (): number[] => children().filter((pid) => !workerPids.includes(pid));
    await until(() => others().length === before, 10_000);
    await server.untilReady();
    await killed(server);
    expect(socketFolders()).toEqual([]);
  });

  it('SIGKILL of one API process, and of the one above them, leaves none', async () => {
    const two = JSON.stringify({ host: '127.0.0.1', workers: 2 });
    server = await servePython({ APP: '', TMPDIR, SERVE: two });
    await until(() => server?.output.includes('2 API processes serve') === true, 10_000);
    const folders = socketFolders().length;
    const workers = new Set(server.workerPids);
    const [first] = childPids(server.process.pid).filter((pid) => !workers.has(pid));
    process.kill(first, 'SIGKILL');
    await until(() => !isAlive(first), 5000);
    await until(() => childPids(server?.process.pid).length === workers.size + 2, 10_000);
    await server.untilReady();
    expect(socketFolders().length).toBeLessThanOrEqual(folders);
    await killed(server);
    expect(socketFolders()).toEqual([]);
  });

  it.each([
    ['serve()', { SERVE }],
    ['an application of Nest’s', {}],
  ] as [string, Record<string, string>][])(
    'SIGTERM of %s while one of them starts is its end, and theirs',
    async (_, env) => {
      server = await spawnPython({ APP: 'slow_start:app', TMPDIR, ...env });
      await until(() => server?.output.includes('import begins') === true, 30_000);
      const pids = descendantPids(server.process.pid);
      expect(pids.length).toBeGreaterThanOrEqual(2);
      const startedAt = performance.now();
      const ended = await server.end('SIGTERM');
      const ms = performance.now() - startedAt;
      const goneMs = await until(() => alive(pids).length === 0, 6000);
      console.info(`ended (${ended}) after ${ms.toFixed(0)} ms (bound 10000), its ${pids.length} processes ${goneMs.toFixed(0)} ms later`); // prettier-ignore
      // startTimeoutMs is 60 s.
      expect(ended).toBe(0);
      expect(ms).toBeLessThan(10_000);
      expect(socketFolders()).toEqual([]);
      expect(server.output).not.toMatch(/Traceback|UnhandledPromise|did not start/);
    },
    60_000,
  );
});
