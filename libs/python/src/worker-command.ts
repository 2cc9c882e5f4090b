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
  /**
   * Threads of the libraries that know OMP_NUM_THREADS and its like.
   *
   * @default a worker's share of the container's cores, one of which is left to the API process
   */
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
  options: PythonOptions & { readonly threads: number },
): Promise<WorkerCommand> {
  const { file, env } = await preparePython(options);
  return {
    file,
    // The runner's name is for who reads the list of processes.
    args: ['-m', 'bentonest.worker', runner],
    env: { ...threadVariables(runner, options.threads), ...env },
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

/**
 * Options of Node's that a program of another language cannot have.
 *
 * @throws RunnerOptionsError
 */
export function refuseNodeOptions(runner: string, { embedded, maxHeapMb }: RunnerOptions): void {
  if (embedded === true) {
    throw new RunnerOptionsError(
      `Runner "${runner}" cannot be embedded: Python runs in processes of its own. Leave embedded out.`,
      { details: { runner, option: 'embedded' } },
    );
  }
  if (maxHeapMb === undefined) return;
  throw new RunnerOptionsError(
    `Runner "${runner}" cannot have maxHeapMb: it limits JavaScript's heap, and its workers are in Python. Use maxRssMb, which replaces a worker that has grown too large.`,
    { details: { runner, option: 'maxHeapMb' } },
  );
}
