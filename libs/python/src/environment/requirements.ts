import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { PythonEnvironmentError } from '../python.errors.js';

/** Requirements as an installer takes them. */
export interface Requirements {
  /** Arguments of `pip install`; none where nothing is to be installed. */
  readonly arguments: readonly string[];
  /** What an environment that has them is known by. */
  readonly identity: readonly string[];
  /** For people. */
  readonly text: string;
}

/** @throws PythonEnvironmentError for a file that cannot be read. */
export async function readRequirements(given: readonly string[] | string): Promise<Requirements> {
  if (typeof given !== 'string') {
    return {
      arguments: given,
      identity: given.toSorted(),
      text: given.join(', ') || 'no packages',
    };
  }
  const path = resolve(given);
  const content = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new PythonEnvironmentError(
      'Expected the option requirements to be a list or the path of a file, got one that cannot be read.',
      { cause },
    );
  });
  return { arguments: ['-r', path], identity: ['-r', content], text: basename(path) };
}
