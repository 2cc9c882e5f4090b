import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { childPids } from '../faults/child-processes.js';
import { ROOT, temporaryFolder } from './cli-process.js';
import { freePort, isAlive, until } from './served-app.js';

/** What the demo is built of: its build takes away what was built before, which other tests run. */
const SOURCES = [
  'package.json',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'src',
  'libs',
];
const LINKED = ['node_modules', 'test/models'];

async function copyOfRepository(): Promise<string> {
  const folder = await temporaryFolder(onTestFinished);
  await mkdir(join(folder, 'test'));
  for (const name of SOURCES) {
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  }
  for (const name of LINKED) await symlink(join(ROOT, name), join(folder, name));
  return folder;
}

/** Every descendant of a process, itself included. */
function familyOf(pid: number): number[] {
  return [pid, ...childPids(pid).flatMap((child) => familyOf(child))];
}

it('npm start serves the demo by nest start, and SIGTERM to it leaves no process', async () => {
  const cwd = await copyOfRepository();
  const port = await freePort();
  const npm = spawn('npm', ['start'], {
    cwd,
    env: { ...process.env, PORT: String(port) },
    stdio: 'ignore',
  });
  let family = [npm.pid ?? 0];
  onTestFinished(() => {
    for (const pid of new Set([...family, ...familyOf(npm.pid ?? 0)])) {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    }
  });
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/readyz`)).status === 200, 120_000);
  const answer = await fetch(`${url}/classify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '[[6.2,3.2,5.2,2.2]]',
  });
  expect(await answer.text()).toBe('[2]');
  family = familyOf(npm.pid ?? 0);
  expect(family.length).toBeGreaterThanOrEqual(3);
  const exited = once(npm, 'exit') as Promise<[code: number | null, signal: string | null]>;
  npm.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  await until(() => !family.some((pid) => isAlive(pid)), 3000);
}, 150_000);
