/**
 * What a schematic is given by Angular's devkit, as far as it is used here. The devkit comes with
 * Nest's CLI, and is not found from every place a package manager may put this package in.
 */
export interface Tree {
  exists(path: string): boolean;
  readText(path: string): string;
  create(path: string, content: string): void;
  overwrite(path: string, content: string): void;
}

export interface SchematicContext {
  readonly logger: { info(message: string): void; warn(message: string): void };
  addTask(task: { toConfiguration(): object }): unknown;
}

export type Rule = (tree: Tree, context: SchematicContext) => Tree;

/** Has the project's package manager install what package.json names. */
export function installTask(): { toConfiguration(): object } {
  return {
    toConfiguration: () => ({
      name: 'node-package',
      options: { command: 'install', quiet: true, workingDirectory: '.' },
    }),
  };
}
