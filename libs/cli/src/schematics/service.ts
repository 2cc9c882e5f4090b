import { CommandFailedError } from '../cli.errors.js';
import { spellingsOf } from '../new/names.js';
import { serviceFiles } from '../new/service-files.js';
import type { ServiceStyle } from '../new/service-files.js';
import { loadProjectTypeScript } from '../serve/project-typescript.js';
import { addModuleImport } from './app-module.js';
import type { Rule, Tree } from './devkit.js';

export interface ServiceOptions {
  readonly name: string;
  readonly path?: string;
  readonly sourceRoot: string;
  readonly spec: boolean;
  readonly flat: boolean;
  readonly skipImport: boolean;
}

interface PackageJson {
  readonly type?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function styleOf(tree: Tree, spec: boolean): ServiceStyle {
  const { type, devDependencies } = JSON.parse(tree.readText('package.json')) as PackageJson;
  const isJest = devDependencies?.vitest === undefined && devDependencies?.jest !== undefined;
  return { esm: type === 'module', testRunner: isJest ? 'jest' : 'vitest', spec };
}

/** The folder below the source root; a path must not lead out of it. */
function folderOf({ path = '', flat }: ServiceOptions, kebab: string): string {
  const parts = [...path.split(/[\\/]/), ...(flat ? [] : [kebab])].filter((part) => part !== '');
  if (!parts.some((part) => part === '..' || part === '.')) return parts.join('/');
  throw new CommandFailedError(
    'Expected a path inside the source root, got one with dots. Name a folder.',
  );
}

/** `nest g -c bentonest service <name>`. */
export function service(options: ServiceOptions): Rule {
  return (tree, context) => {
    const { sourceRoot, skipImport, spec } = options;
    const spellings = spellingsOf(options.name);
    const { kebab, pascal } = spellings;
    const style = styleOf(tree, spec);
    const folder = folderOf(options, kebab);
    for (const { path, content } of serviceFiles(spellings, style)) {
      tree.create([sourceRoot, folder, path].filter((part) => part !== '').join('/'), content);
    }
    const modulePath = `${sourceRoot}/app.module.ts`;
    if (skipImport) return tree;
    if (!tree.exists(modulePath)) {
      context.logger.warn(`${modulePath} is not there: import ${pascal}Module where it is used.`);
      return tree;
    }
    const from = `./${[folder, kebab].filter((part) => part !== '').join('/')}.module${style.esm ? '.js' : ''}`;
    const added = { expression: `${pascal}Module`, name: `${pascal}Module`, from };
    const ts = loadProjectTypeScript(process.cwd(), 'nest g');
    tree.overwrite(modulePath, addModuleImport(ts, tree.readText(modulePath), added));
    return tree;
  };
}
