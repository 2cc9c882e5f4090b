import { createRequire } from 'node:module';
import { join } from 'node:path';
import { MissingPeerError } from 'bentonest/errors';

export type TypeScript = typeof import('typescript');

/**
 * The project's own TypeScript, which knows its syntax and its settings.
 *
 * @throws MissingPeerError
 */
export function loadProjectTypeScript(root: string, feature: string): TypeScript {
  try {
    return createRequire(join(root, 'package.json'))('typescript') as TypeScript;
  } catch (cause) {
    throw new MissingPeerError('typescript', feature, { cause });
  }
}
