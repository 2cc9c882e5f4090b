import { createHash } from 'node:crypto';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { PythonEnvironmentError } from '../python.errors.js';
import { withFolderLock } from './folder-lock.js';
import { DEFAULT_PYTHON, identifyInterpreter, interpreterOf } from './interpreter.js';
import { readRequirements } from './requirements.js';
import type { Requirements } from './requirements.js';
import { lastLines, runProgram } from './run-program.js';

/** Options of {@link ensureEnvironment}. */
export interface EnvironmentOptions {
  /** The interpreter that the environment is made of. @default python3, on Windows python */
  python?: string;
  /**
   * Requirements as pip takes them, or the path of a requirements.txt. A file that it includes by -r
   * is not looked into: a change there does not make a new environment.
   */
  requirements: readonly string[] | string;
  /** Gets a line at each step that takes long. */
  onProgress?: (line: string) => void;
}

/** Written last: without it, an environment is not finished. */
const READY = '.bentonest-ready';

/**
 * The interpreter of a virtual environment that has the requirements. It is made once, by uv where
 * that is on the path and by venv and pip otherwise, and kept in the user's cache folder
 * (`BENTONEST_CACHE`, else `XDG_CACHE_HOME/bentonest`, else `~/.cache/bentonest`).
 *
 * @throws PythonEnvironmentError with the last lines of what the installer said as its cause.
 */
export async function ensureEnvironment(options: EnvironmentOptions): Promise<string> {
  const { python = DEFAULT_PYTHON, onProgress = () => undefined } = options;
  const requirements = await readRequirements(options.requirements);
  const interpreter = await identifyInterpreter(python);
  const folder = join(cacheFolder(), 'venvs', hash([interpreter, ...requirements.identity]));
  if (await isReady(folder)) return interpreterOf(folder);
  await makeFolder(dirname(folder));
  const build = async (): Promise<void> => {
    if (await isReady(folder)) return;
    onProgress(`Python: installing ${requirements.text} into ${folder}`);
    await buildEnvironment(folder, python, requirements);
    await writeFile(join(folder, READY), interpreter);
    onProgress(`Python: installed ${requirements.text}`);
  };
  await withFolderLock(`${folder}.lock`, build, () =>
    onProgress(`Python: waiting for another process that installs ${requirements.text}`),
  );
  return interpreterOf(folder);
}

/** An environment whose base interpreter was uninstalled is none: its own is a link to it. */
async function isReady(folder: string): Promise<boolean> {
  return (await exists(join(folder, READY))) && (await exists(interpreterOf(folder)));
}

async function buildEnvironment(
  folder: string,
  python: string,
  requirements: Requirements,
): Promise<void> {
  // What an unfinished build left is of no use: environments cannot be moved or mended.
  await rm(folder, { recursive: true, force: true });
  const hasUv = (await runProgram('uv', ['--version'])).code === 0;
  const own = interpreterOf(folder);
  if (hasUv) await install('uv', ['venv', '--python', python, folder]);
  else await install(python, ['-m', 'venv', folder]);
  if (requirements.arguments.length === 0) return;
  if (hasUv) {
    await install('uv', ['pip', 'install', '--python', own, ...requirements.arguments]);
    return;
  }
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input'];
  await install(own, [...pip, ...requirements.arguments]);
}

async function install(file: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runProgram(file, args);
  if (code === 0) return;
  const cause = new Error(`${file} ${args.join(' ')}\n${lastLines(output)}`);
  throw new PythonEnvironmentError(NO_VENV.test(output) ? NEEDS_VENV : FAILED, { cause });
}

/** Debian and Ubuntu keep this part of Python in a package of its own. */
const NO_VENV = /ensurepip is not\s+available|No module named '?(?:ensurepip|venv)\b/;

const NEEDS_VENV =
  'Expected a Python that can make virtual environments, got one without that part. Install it (Debian and Ubuntu: apt install python3-venv), or uv, or name an interpreter that has the requirements by the option python.';

const FAILED =
  'The Python environment could not be made. Check the requirements and the package index; the server’s log has what the installer said.';

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

function cacheFolder(): string {
  const { BENTONEST_CACHE, XDG_CACHE_HOME } = process.env;
  return BENTONEST_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'bentonest');
}

/** For this user only: what lies in it is run. */
async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new PythonEnvironmentError(
      'Expected a cache folder that can be written, for the Python environment. Set BENTONEST_CACHE to one, or name an interpreter that has the requirements by the option python.',
      { cause },
    );
  });
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
