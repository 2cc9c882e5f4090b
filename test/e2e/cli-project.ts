import { mkdir, readdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, run } from './cli-process.js';
import type { Outcome } from './cli-process.js';

async function succeed(running: Promise<Outcome>): Promise<Outcome> {
  const outcome = await running;
  if (outcome.code === 0) return outcome;
  throw new Error(`Exit code ${outcome.code}: ${outcome.stdout}${outcome.stderr}`);
}

/** The package as npm would install it: what `files` of package.json lets in, and nothing else. */
export async function packPackage(folder: string): Promise<string> {
  await succeed(run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder]));
  const [archive] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  await succeed(run('tar', ['-xzf', join(folder, archive), '-C', folder]));
  const unpacked = join(folder, 'bentonest');
  await rename(join(folder, 'package'), unpacked);
  return unpacked;
}

/** Stands for `npm install`, without a network: links to what this repository has installed. */
export async function installPackages(project: string, bentonest: string): Promise<void> {
  const target = join(project, 'node_modules');
  await mkdir(join(target, '.bin'), { recursive: true });
  const installed = join(ROOT, 'node_modules');
  for (const name of await readdir(installed)) {
    if (name.startsWith('.')) continue;
    await symlink(join(installed, name), join(target, name));
  }
  for (const name of await readdir(join(installed, '.bin'))) {
    await symlink(join(installed, '.bin', name), join(target, '.bin', name));
  }
  // Not a link: what it imports is to be found from the project, as there.
  await succeed(run('cp', ['-R', bentonest, join(target, 'bentonest')]));
  await symlink('../bentonest/dist/libs/cli/src/main.js', join(target, '.bin/bentonest'));
}

/** Runs a program of node_modules/.bin, as a script of package.json does. */
export function npx(project: string, name: string, args: readonly string[]): Promise<Outcome> {
  return run(process.execPath, [join(project, 'node_modules/.bin', name), ...args], {
    cwd: project,
  });
}
