import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { CommandFailedError, CommandUsageError } from '../cli.errors.js';
import { emittedFile, findTsconfig } from './tsconfig.js';

/** What is to be run, and what it is built from. */
export interface Entry {
  /** The compiled file, which need not be there before it is built. */
  readonly file: string;
  /** The folder where the application runs. */
  readonly root: string;
  /** The folder of its package.json, where it is built. */
  readonly project: string;
  /** Folder of the sources, where there are any. */
  readonly sources?: string;
  /** Only a build makes the file, or makes it new. */
  readonly needsBuild: boolean;
}

interface NestConfiguration {
  readonly sourceRoot?: string;
  readonly entryFile?: string;
}

const SOURCE = /\.[mc]?tsx?$/;
const COMPILED = /\.[mc]?js$/;

/**
 * Finds what `bentonest serve` runs: a compiled file as it is, a TypeScript file as the project's build
 * emits it, and a project's folder by its nest-cli.json and package.json.
 *
 * @throws CommandFailedError when there is no such file, or the folder is no project
 */
export function resolveEntry(module = '.'): Entry {
  const path = resolve(module);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new CommandFailedError(
      `Expected a .js or .ts entry or a project's folder, got ${JSON.stringify(module)}, which is not there. ` +
        'Check the path, or build the project first.',
    );
  }
  if (stats.isDirectory()) return entryOfProject(path);
  const root = projectRoot(dirname(path));
  if (COMPILED.test(path)) {
    const { sources } = sourcesOf(root);
    return { file: path, root: process.cwd(), project: root, sources, needsBuild: false };
  }
  if (SOURCE.test(path)) return entryOfSource(path, root);
  throw new CommandUsageError(
    `Expected a .js or .ts entry or a project's folder, got a file of ${extname(path) || 'no'} kind.`,
  );
}

/** The nearest folder above with a package.json; else the folder itself. */
function projectRoot(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
    if (dirname(at) === at) return folder;
  }
}

function entryOfSource(path: string, root: string): Entry {
  const file = emittedFile(root, path);
  return { file, root, project: root, sources: dirname(path), needsBuild: true };
}

function readJson(path: string): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CommandFailedError(`Expected JSON in ${basename(path)}. Correct it.`, { cause });
  }
}

/** The TypeScript entry of a Nest project, and the folder of its sources where it is there. */
function sourcesOf(root: string): { source: string; sources?: string } {
  const nest = readJson(join(root, 'nest-cli.json')) as NestConfiguration | undefined;
  const folder = join(root, nest?.sourceRoot ?? 'src');
  const source = join(folder, `${nest?.entryFile ?? 'main'}.ts`);
  const isThere = existsSync(source) && findTsconfig(root) !== undefined;
  return { source, sources: isThere ? folder : undefined };
}

function entryOfProject(root: string): Entry {
  const { source, sources } = sourcesOf(root);
  const { main } = (readJson(join(root, 'package.json')) ?? {}) as { main?: string };
  const project = root;
  const compiled = compiledCandidates(root, source, main).find((file) => existsSync(file));
  if (compiled !== undefined) return { file: compiled, root, project, sources, needsBuild: false };
  if (sources !== undefined) {
    return { file: emittedFile(root, source), root, project, sources, needsBuild: true };
  }
  throw new CommandFailedError(
    `Expected a Nest project in ${relative(process.cwd(), root) || 'this folder'}: neither ` +
      `${relative(root, source)} nor dist/main.js nor main of package.json is there. ` +
      'Name the entry (bentonest serve dist/main.js), or make a project with bentonest new.',
  );
}

/** Where builds of Nest put the entry, without asking TypeScript, whose start takes a while. */
function compiledCandidates(root: string, source: string, main: string | undefined): string[] {
  const inSources = relative(root, source).replace(SOURCE, '.js');
  const names = [basename(inSources), inSources, inSources.replace(/(^|\/)src\//, '$1')];
  const built = names.map((name) => join(root, 'dist', name));
  return main === undefined ? built : [...built, resolve(root, main)];
}
