import { RunnerOptionsError } from 'bentonest/runner';
import type { RunnerOptions, WorkerCommand } from 'bentonest/runner';
import type { EnvironmentOptions } from './environment/ensure-environment.js';
import { preparePython } from './prepare-python.js';

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
 * The program that serves a Python Runnable. The shipped package is on its path.
 *
 * @throws RunnerOptionsError for threads that are no positive integer.
 * @throws PythonEnvironmentError
 */
export async function createWorkerCommand(
  runner: string,
  options: PythonOptions,
): Promise<WorkerCommand> {
  const { file, env } = await preparePython(options);
  return {
    file,
    // The runner's name is for who reads the list of processes.
    args: ['-m', 'bentonest.worker', runner],
    env: { ...threadVariables(runner, options.threads ?? 1), ...env },
  };
}

function threadVariables(runner: string, threads: number): Record<string, string> {
  if (Number.isInteger(threads) && threads > 0) {
    return Object.fromEntries(THREAD_VARIABLES.map((name) => [name, String(threads)]));
  }
  throw new RunnerOptionsError(
    `Option threads of runner "${runner}" must be a positive integer, got ${threads}.`,
    { details: { runner, option: 'threads' } },
  );
}

/** @throws RunnerOptionsError */
export function refuseEmbedded(runner: string, { embedded }: RunnerOptions): void {
  if (embedded !== true) return;
  throw new RunnerOptionsError(
    `Runner "${runner}" cannot be embedded: Python runs in processes of its own. Leave embedded out.`,
  );
}
