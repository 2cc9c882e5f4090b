import { readOwnPackage } from '../package-root.js';
import { loadProjectTypeScript } from '../serve/project-typescript.js';
import { addModuleImport } from './app-module.js';
import { installTask } from './devkit.js';
import type { Rule, SchematicContext, Tree } from './devkit.js';
import { useFastify } from './main-file.js';

export interface NestAddOptions {
  readonly sourceRoot: string;
  readonly skipInstall: boolean;
}

interface PackageJson {
  dependencies?: Record<string, string>;
  allowScripts?: Record<string, boolean>;
}

/** What an application imports by itself, or Nest asks for by name. */
const PACKAGES = ['@nestjs/platform-fastify', 'class-validator', 'class-transformer'];

/** `nest add bentonest`: BentoModule in the AppModule, Fastify in main.ts, their packages in package.json. */
export function nestAdd({ sourceRoot, skipInstall }: NestAddOptions): Rule {
  return (tree, context) => {
    const ts = loadProjectTypeScript(process.cwd(), 'nest add bentonest');
    const modulePath = `${sourceRoot}/app.module.ts`;
    if (tree.exists(modulePath)) {
      const added = { expression: 'BentoModule.forRoot()', name: 'BentoModule', from: 'bentonest' };
      tree.overwrite(modulePath, addModuleImport(ts, tree.readText(modulePath), added));
    } else {
      context.logger.warn(`${modulePath} is not there: add BentoModule.forRoot() to your imports.`);
    }
    const mainPath = `${sourceRoot}/main.ts`;
    const main = tree.exists(mainPath) ? useFastify(ts, tree.readText(mainPath)) : undefined;
    if (main !== undefined) tree.overwrite(mainPath, main);
    else {
      context.logger.warn(
        `${mainPath} is left as it is. Services run on Fastify: NestFactory.create(AppModule, new FastifyAdapter()).`,
      );
    }
    if (addPackages(tree) && !skipInstall) context.addTask(installTask());
    tellWhatIsNext(context);
    return tree;
  };
}

/** @returns whether there is something to install */
function addPackages(tree: Tree): boolean {
  const content = JSON.parse(tree.readText('package.json')) as PackageJson;
  const { peerDependencies } = readOwnPackage();
  const missing = PACKAGES.filter((name) => content.dependencies?.[name] === undefined);
  const added = Object.fromEntries(missing.map((name) => [name, peerDependencies[name] ?? '*']));
  const dependencies = Object.entries({ ...content.dependencies, ...added });
  content.dependencies = Object.fromEntries(dependencies.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  // Its install script downloads GPU libraries, and fails where there is no network.
  content.allowScripts = { 'onnxruntime-node': false, ...content.allowScripts };
  tree.overwrite('package.json', `${JSON.stringify(content, undefined, 2)}\n`);
  return missing.length > 0;
}

function tellWhatIsNext({ logger }: SchematicContext): void {
  logger.info('BentoNest is added. Next: nest g -c bentonest service <name>');
}
