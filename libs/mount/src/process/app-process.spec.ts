import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppProcess } from './app-process.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bentonest-app-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly reason: string;
  readonly process: AppProcess;
  readonly levels: readonly string[];
}

function run(script: string): Promise<Ended> {
  return new Promise((resolve) => {
    const levels: string[] = [];
    const process: AppProcess = new AppProcess(
      {
        file: '/bin/sh',
        args: ['-c', script],
        cwd: folder,
        env: {},
        socketPath: join(folder, '1.sock'),
      },
      {
        onLine: (_line, level) => levels.push(level),
        onExit: (reason) => resolve({ reason, process, levels }),
      },
    );
  });
}

/** A process that outlives the test says so by a reason of its own, or by the test's timeout. */
describe('the end of an application', () => {
  it('is noticed though a child of it holds its output', async () => {
    expect((await run('sleep 60 & exit 1')).reason).toBe('it exited with code 1');
  });

  it('is noticed though a child that left its group holds its output', async () => {
    expect((await run('setsid sleep 20 & exit 3')).reason).toBe('it exited with code 3');
  });

  it('is that of the signal, and takes its children along', async () => {
    const { reason, process } = await run('sleep 60 & echo $!; kill -9 $$');
    expect(reason).toBe('it was ended by SIGKILL');
    const child = process.lastWords ?? '';
    // The signal may not have reached it yet, and nobody may have taken note of its end.
    const isGone = (): void => {
      const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', child], { encoding: 'utf8' });
      expect(stdout.trim()).toMatch(/^$|^Z/);
    };
    await vi.waitFor(isGone, { timeout: 10_000 });
  });
});

describe('its last words', () => {
  it.each([
    ['the error, not what servers say of it', 'echo "RuntimeError: no database"; echo "[ERROR] Reason: Worker failed to boot."', 'RuntimeError: no database'], // prettier-ignore
    ['an error of a package', 'echo "sqlalchemy.exc.OperationalError: down" >&2; echo bye >&2', 'sqlalchemy.exc.OperationalError: down'], // prettier-ignore
    ['an error without a message', 'echo AssertionError; echo "  bye"', 'AssertionError'],
    ['the last line where there is no error', 'echo usage; echo "no such option"; echo', 'no such option'], // prettier-ignore
  ])('are %s', async (_, script, expected) => {
    expect((await run(`${script}; exit 1`)).process.lastWords).toBe(expected);
  });
});

it('tells how serious a line is', async () => {
  const { levels } = await run('echo hello; echo "ERROR:    no"; echo "WARNING:  hm"');
  expect(levels).toEqual(['log', 'error', 'warn']);
});
