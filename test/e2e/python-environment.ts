import { PythonEnvironmentError, ensureEnvironment } from 'bentonest/python';

const REQUIREMENTS = ['numpy>=1.24,<3', 'scikit-learn==1.5.2', 'joblib==1.4.2', 'pandas>=2,<3'];

/** What an installer says where it has no index to ask, or there is no interpreter. */
const IS_ABSENT =
  /No matching distribution|Could not fetch|connection|timed out|resolve|ENOENT|ensurepip/i;

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
      onProgress: (line) => console.info(line),
    });
  } catch (error) {
    const isAbsent = error instanceof PythonEnvironmentError && IS_ABSENT.test(String(error.cause));
    if (!isAbsent) throw error;
    console.warn(
      `NOT TESTED FOR LACK OF PYTHON (${requirements.join(', ')}): ${error.message}\n${String(error.cause)}`,
    );
    return undefined;
  }
}
