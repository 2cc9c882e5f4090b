import { relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BentoError } from 'bentonest/errors';
import { PACKAGE_ROOT } from '../package-root.js';

/** What a Runnable threw when it was loaded is its author's to find, by its stack. */
const OF_RUNNABLES = 'RUNNER_START_FAILED';

const OWN = pathToFileURL(`${PACKAGE_ROOT}/`).href;

/**
 * Why an application could not even be imported, where that is a mistake of which the message says all:
 * an option of a decorator or a descriptor, say.
 *
 * @returns one line, with the place in the application's code; undefined of other failures
 */
export function explainMistake(error: unknown): string | undefined {
  if (!(error instanceof BentoError) || error.code === OF_RUNNABLES) return undefined;
  const place = placeOf(error);
  return place === undefined ? error.message : `${error.message} (${place})`;
}

/** The first line of the stack that is neither ours nor Node's. */
function placeOf({ stack = '' }: Error): string | undefined {
  for (const [, url = '', line = ''] of stack.matchAll(/(file:[^\s()]+?):(\d+):\d+\)?$/gm)) {
    const isOurs = url.startsWith(`${OWN}libs/`) || url.startsWith(`${OWN}dist/libs/`);
    if (isOurs || url.includes('/node_modules/')) continue;
    return `${relative(process.cwd(), fileURLToPath(url))}:${line}`;
  }
  return undefined;
}
