import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { MissingPeerError } from 'bentonest/errors';
import { CommandFailedError } from '../cli.errors.js';
import type { Entry } from './entry.js';
import { requireTsconfig } from './tsconfig.js';

/** `nest build` where the project has Nest's CLI, for its assets and plugins; else tsc. */
function buildCommand(root: string): string[] {
  const require = createRequire(join(root, 'package.json'));
  const find = (file: string): string | undefined => {
    try {
      return require.resolve(file);
    } catch {
      return undefined;
    }
  };
  const nest = existsSync(join(root, 'nest-cli.json'))
    ? find('@nestjs/cli/bin/nest.js')
    : undefined;
  if (nest !== undefined) return [nest, 'build'];
  const tsc = find('typescript/bin/tsc');
  if (tsc === undefined) throw new MissingPeerError('typescript', 'A TypeScript entry');
  return [tsc, '--project', requireTsconfig(root)];
}

/**
 * Compiles a project by its own TypeScript, which emits the metadata that dependency injection needs,
 * into its own folder, so that URLs relative to a module and packages are found as in production.
 *
 * @throws CommandFailedError when it does not compile; what is wrong stands on stderr then
 */
export async function build({ project, file }: Entry, signal?: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, buildCommand(project), {
    cwd: project,
    // stdout is the application's.
    stdio: ['ignore', 2, 2],
    signal,
  });
  const [code, endedBy] = (await once(child, 'exit')) as [number | null, string | null];
  if (code !== 0) {
    throw new CommandFailedError(
      `The build failed (${endedBy ?? `exit code ${code}`}). Correct what it says above.`,
    );
  }
  if (existsSync(file)) return;
  throw new CommandFailedError(
    `The build did not write ${file}. Check outDir and include of the tsconfig, or name a compiled .js entry.`,
  );
}
