import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureEnvironment } from './environment/ensure-environment.js';
import type { EnvironmentOptions } from './environment/ensure-environment.js';
import { DEFAULT_PYTHON, identifyInterpreter } from './environment/interpreter.js';
import { PythonEnvironmentError } from './python.errors.js';

/** An interpreter, and the variables with which the shipped Python package is on its path. */
export interface PreparedPython {
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Which Python a process of ours runs in. */
export interface PreparePythonOptions extends Omit<Partial<EnvironmentOptions>, 'onProgress'> {
  /** More variables for the process. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Finds the interpreter, and where there are requirements makes an environment with them, once.
 *
 * @throws PythonEnvironmentError
 */
export async function preparePython(options: PreparePythonOptions): Promise<PreparedPython> {
  const { python = DEFAULT_PYTHON, requirements, env = {} } = options;
  if (process.platform === 'win32') {
    throw new PythonEnvironmentError(
      'Python processes need unix sockets, which Python does not have on Windows. Use WSL or a container.',
    );
  }
  if (requirements === undefined) await identifyInterpreter(python);
  const file =
    requirements === undefined
      ? python
      : await ensureEnvironment({ python, requirements, onProgress: tell });
  const path = [PACKAGE_FOLDER, env.PYTHONPATH ?? process.env.PYTHONPATH ?? ''];
  return {
    file,
    env: {
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
