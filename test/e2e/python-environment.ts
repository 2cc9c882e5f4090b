import { PythonEnvironmentError, ensureEnvironment } from 'bentonest/python';

const REQUIREMENTS = ['numpy>=1.24,<3', 'scikit-learn==1.5.2', 'joblib==1.4.2', 'pandas>=2,<3'];

/** What pip and uv say where they reach no index, and Python where it cannot make an environment. */
const IS_ABSENT = new RegExp(
  [
    'from versions: none',
    'Could not fetch URL',
    'NewConnectionError|ConnectTimeoutError|ReadTimeoutError|ConnectionResetError',
    'Failed to establish a new connection|Connection refused',
    'name resolution|Name or service not known|dns error|error sending request|timed out',
    'ENOENT',
    'ensurepip is not|No module named .?(ensurepip|venv)',
  ].join('|'),
  'i',
);

/** Whether Python or its index is not there; requirements that do not fit together are a fault. */
export function isAbsence(output: string): boolean {
  return IS_ABSENT.test(output);
}

/**
 * The interpreter with what the tests need, installed once and kept; undefined, and said aloud, where
 * it cannot be had. Any other failure is one.
 */
export async function findPython(
  requirements: readonly string[] = REQUIREMENTS,
): Promise<string | undefined> {
  try {
    return await ensureEnvironment({
      requirements,
      onProgress: (line) => console.warn(line),
    });
  } catch (error) {
    const isAbsent = error instanceof PythonEnvironmentError && isAbsence(String(error.cause));
    if (!isAbsent) throw error;
    console.warn(
      `NOT TESTED FOR LACK OF PYTHON (${requirements.join(', ')}): ${error.message}\n${String(error.cause)}`,
    );
    return undefined;
  }
}
