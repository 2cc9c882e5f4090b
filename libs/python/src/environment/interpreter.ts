import { join } from 'node:path';
import { PythonEnvironmentError } from '../python.errors.js';
import { lastLines, runProgram } from './run-program.js';

export const DEFAULT_PYTHON = process.platform === 'win32' ? 'python' : 'python3';

const CURE = 'Install Python 3.8 or later, or name one by the option python.';
/** Also in Python 2, so that it can say what it is. */
const TELL =
  'import sys, json; print(json.dumps([list(sys.version_info[:2]), sys.version, getattr(sys, "base_prefix", "")]))';

/**
 * Text that differs where environments of two interpreters must: by version, build and place.
 *
 * @throws PythonEnvironmentError where there is no such interpreter, or it is too old.
 */
export async function identifyInterpreter(python: string): Promise<string> {
  const { code, output } = await runProgram(python, ['-c', TELL]);
  if (code !== 0) {
    throw new PythonEnvironmentError(`Expected a Python interpreter, got none. ${CURE}`, {
      cause: new Error(`${python}: ${lastLines(output)}`),
    });
  }
  const text = lastLines(output, 1);
  const [[major, minor]] = JSON.parse(text) as [[number, number], string, string];
  if (major > 3 || (major === 3 && minor >= 8)) return text;
  throw new PythonEnvironmentError(
    `Expected Python 3.8 or later, got Python ${major}.${minor}. ${CURE}`,
  );
}

/** The interpreter of a virtual environment. */
export function interpreterOf(environment: string): string {
  return process.platform === 'win32'
    ? join(environment, 'Scripts', 'python.exe')
    : join(environment, 'bin', 'python');
}
