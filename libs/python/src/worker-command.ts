import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkerCommand } from 'bentonest/runner';
import {
  DEFAULT_PYTHON,
  ensureEnvironment,
  readVersion,
} from './environment/ensure-environment.js';
import type { EnvironmentOptions } from './environment/ensure-environment.js';

/** Which Python a worker runs in. */
export interface PythonOptions {
  /** The interpreter. @default python3, on Windows python */
  python?: string;
  /**
   * Packages that the worker needs, as pip takes them, or the path of a requirements.txt. They are
   * installed once, into an environment of their own in the user's cache folder.
   *
   * @default none: the interpreter has what is needed, numpy at least
   */
  requirements?: EnvironmentOptions['requirements'];
  /** Threads of the libraries that know OMP_NUM_THREADS and its like. @default 1 */
  threads?: number;
  /** More variables for the worker's environment. */
  env?: Readonly<Record<string, string>>;
}

/** BentoML sets these for its runners. */
const THREAD_VARIABLES = [
  'OMP_NUM_THREADS',
  'OPENBLAS_NUM_THREADS',
  'MKL_NUM_THREADS',
  'VECLIB_MAXIMUM_THREADS',
  'NUMEXPR_NUM_THREADS',
  'RAYON_NUM_THREADS',
];

/**
 * The program that serves a Python Runnable. `module` of the shipped package is on its path.
 *
 * @throws PythonEnvironmentError
 */
export async function createWorkerCommand(options: PythonOptions): Promise<WorkerCommand> {
  const { python = DEFAULT_PYTHON, requirements, threads = 1, env = {} } = options;
  if (requirements === undefined) await readVersion(python);
  const file =
    requirements === undefined
      ? python
      : await ensureEnvironment({ python, requirements, onProgress: tell });
  const path = [PACKAGE_FOLDER, env.PYTHONPATH ?? process.env.PYTHONPATH ?? ''];
  const limits = Object.fromEntries(THREAD_VARIABLES.map((name) => [name, String(threads)]));
  return {
    file,
    args: ['-m', 'bentonest.worker'],
    env: {
      ...limits,
      PYTHONUNBUFFERED: '1',
      ...env,
      PYTHONPATH: path.filter((part) => part !== '').join(delimiter),
    },
  };
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The Python package that ships with this one, from the source and from dist/libs/python/src. */
export const PACKAGE_FOLDER =
  ['../python', '../../../../libs/python/python']
    .map((relative) => fileURLToPath(new URL(relative, import.meta.url)))
    .find((folder) => existsSync(folder)) ?? '';
