import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CommandFailedError } from '../cli.errors.js';
import { loadProjectTypeScript } from './project-typescript.js';

/** The settings that `nest build` takes: tsconfig.build.json, else tsconfig.json. */
export function findTsconfig(root: string): string | undefined {
  return ['tsconfig.build.json', 'tsconfig.json']
    .map((name) => join(root, name))
    .find((path) => existsSync(path));
}

/** @throws CommandFailedError */
export function requireTsconfig(root: string): string {
  const path = findTsconfig(root);
  if (path !== undefined) return path;
  throw new CommandFailedError(
    'Expected tsconfig.json in the project of a TypeScript entry, got none. Add one, or name a compiled .js entry.',
  );
}

/**
 * The file that the project's build makes of a source, as TypeScript itself reckons it.
 *
 * @throws CommandFailedError when the settings are broken or leave the source out
 */
export function emittedFile(root: string, source: string): string {
  const ts = loadProjectTypeScript(root, 'A TypeScript entry');
  const path = requireTsconfig(root);
  const failures: string[] = [];
  const config = ts.getParsedCommandLineOfConfigFile(
    path,
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
        failures.push(ts.flattenDiagnosticMessageText(messageText, ' '));
      },
    },
  );
  const wanted = config?.fileNames.find((name) => relative(name, source) === '');
  if (config === undefined || wanted === undefined) {
    throw new CommandFailedError(
      failures[0] ??
        `Expected ${relative(root, source)} among the sources of ${relative(root, path)}, which leaves it out. ` +
          'Add it to include, or name a compiled .js entry.',
    );
  }
  const emitted = ts
    .getOutputFileNames(config, wanted, !ts.sys.useCaseSensitiveFileNames)
    .find((name) => /\.[mc]?js$/.test(name));
  const { noEmit = false, emitDeclarationOnly = false } = config.options;
  if (emitted === undefined || noEmit || emitDeclarationOnly) {
    throw new CommandFailedError(
      `Expected a build to write JavaScript, but ${relative(root, path)} has noEmit or emitDeclarationOnly. Take it out.`,
    );
  }
  return emitted;
}
