import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PythonEnvironmentError } from '../python.errors.js';
import { lastLines, runProgram } from './run-program.js';

/** Options of {@link ensureEnvironment}. */
export interface EnvironmentOptions {
  /** The interpreter that the environment is made of. @default python3, on Windows python */
  python?: string;
  /** Requirements as pip takes them, or the path of a requirements.txt. */
  requirements: readonly string[] | string;
  /** Gets a line at each step that takes long. */
  onProgress?: (line: string) => void;
}

const READY = '.bentonest-ready';
/** A lock this old is of a process that died. */
const STALE_LOCK_MS = 15 * 60_000;

export const DEFAULT_PYTHON = process.platform === 'win32' ? 'python' : 'python3';

/**
 * The interpreter of a virtual environment that has the requirements. It is made once, by uv where
 * that is on the path and by venv and pip otherwise, and kept in the user's cache folder
 * (`BENTONEST_CACHE`, else `XDG_CACHE_HOME/bentonest`, else `~/.cache/bentonest`).
 *
 * @throws PythonEnvironmentError with the last lines of what the installer said.
 */
export async function ensureEnvironment(options: EnvironmentOptions): Promise<string> {
  const { python = DEFAULT_PYTHON, onProgress = () => undefined } = options;
  const requirements = await readRequirements(options.requirements);
  const version = await readVersion(python);
  const key = createHash('sha256')
    .update(JSON.stringify([version, [...requirements].toSorted()]))
    .digest('hex')
    .slice(0, 16);
  const folder = join(cacheFolder(), 'venvs', key);
  if (!(await exists(join(folder, READY)))) {
    await withLock(`${folder}.lock`, async () => {
      if (await exists(join(folder, READY))) return;
      onProgress(`Installing ${requirements.join(', ')} into ${folder}`);
      await build({ python, folder, requirements });
      await writeFile(join(folder, READY), version);
      onProgress(`Installed ${requirements.join(', ')}`);
    });
  }
  return interpreterOf(folder);
}

interface Build {
  readonly python: string;
  readonly folder: string;
  readonly requirements: readonly string[];
}

async function build({ python, folder, requirements }: Build): Promise<void> {
  // What an unfinished build left is of no use: environments cannot be moved or mended.
  await rm(folder, { recursive: true, force: true });
  const hasUv = (await runProgram('uv', ['--version'])).code === 0;
  const own = interpreterOf(folder);
  if (hasUv) {
    await install('uv', ['venv', '--python', python, folder]);
    await install('uv', ['pip', 'install', '--python', own, ...requirements]);
    return;
  }
  await install(python, ['-m', 'venv', folder]);
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input'];
  await install(own, [...pip, ...requirements]);
}

async function install(file: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runProgram(file, args);
  if (code === 0) return;
  throw new PythonEnvironmentError(
    'The Python environment could not be made. Check the requirements and the package index; the server’s log has what the installer said.',
    { cause: new Error(`${file} ${args.join(' ')}\n${lastLines(output)}`) },
  );
}

/** @throws PythonEnvironmentError where there is no such interpreter. */
export async function readVersion(python: string): Promise<string> {
  const { code, output } = await runProgram(python, ['-c', 'import sys; print(sys.version)']);
  if (code === 0) return output.trim();
  throw new PythonEnvironmentError(
    'Expected a Python interpreter, got none. Install Python 3.8 or later, or name one by the option python.',
    { cause: new Error(`${python}: ${lastLines(output)}`) },
  );
}

async function readRequirements(
  requirements: readonly string[] | string,
): Promise<readonly string[]> {
  if (typeof requirements !== 'string') return requirements;
  const text = await readFile(requirements, 'utf8').catch((cause: unknown) => {
    throw new PythonEnvironmentError(
      'Expected the option requirements to be a list or the path of a readable file.',
      { cause },
    );
  });
  const lines = text.split('\n').map((line) => line.replace(/(?:^|\s)#.*$/, '').trim());
  return lines.filter((line) => line !== '');
}

/** One process builds; the others wait until it has, or is taken to be dead. */
async function withLock(lock: string, work: () => Promise<void>): Promise<void> {
  await mkdir(join(lock, '..'), { recursive: true });
  while (!(await tryLock(lock))) await sleep(200);
  try {
    await work();
  } finally {
    await rmdir(lock);
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const age = await stat(lock).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  if (age > STALE_LOCK_MS) await rm(lock, { recursive: true, force: true });
  return false;
}

function cacheFolder(): string {
  const { BENTONEST_CACHE, XDG_CACHE_HOME } = process.env;
  return BENTONEST_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'bentonest');
}

function interpreterOf(folder: string): string {
  return process.platform === 'win32'
    ? join(folder, 'Scripts', 'python.exe')
    : join(folder, 'bin', 'python');
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
