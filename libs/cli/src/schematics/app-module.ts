import type ts from 'typescript';
import { CommandFailedError } from '../cli.errors.js';
import type { TypeScript } from '../serve/project-typescript.js';
import { SourceEdit } from './source-edit.js';

export interface ModuleImport {
  /** What stands in `imports`: `BentoModule.forRoot()`. */
  readonly expression: string;
  /** What is imported for it: `BentoModule`. */
  readonly name: string;
  readonly from: string;
}

function moduleOptions(edit: SourceEdit): ts.ObjectLiteralExpression | undefined {
  const { ts } = edit;
  const calls = edit
    .find(ts.isDecorator)
    .map(({ expression }) => expression)
    .filter((expression) => ts.isCallExpression(expression));
  const module = calls.find(({ expression }) => expression.getText() === 'Module');
  const options = module?.arguments[0];
  return options !== undefined && ts.isObjectLiteralExpression(options) ? options : undefined;
}

/**
 * Adds an import to the class with `@Module` in a source; one that has it already stays as it is.
 *
 * @throws CommandFailedError where the imports are no list that can be added to
 */
export function addModuleImport(ts: TypeScript, source: string, added: ModuleImport): string {
  const edit = new SourceEdit(ts, source);
  const refuse = (): never => {
    throw new CommandFailedError(
      `Expected a class with @Module({ imports: […] }) in app.module.ts, got another. Add ${added.expression} to its imports by hand, and import ${added.name} from '${added.from}'.`,
    );
  };
  const options = moduleOptions(edit) ?? refuse();
  const property = options.properties.find((node) => node.name?.getText() === 'imports');
  if (property === undefined) edit.addElement(options, `imports: [${added.expression}]`);
  else {
    if (!ts.isPropertyAssignment(property)) return refuse();
    const list = property.initializer;
    if (!ts.isArrayLiteralExpression(list)) return refuse();
    // forRoot({ … }) of an application is as good as the forRoot() that would be added.
    const callee = added.expression.replace(/\(.*/s, '');
    if (list.elements.some((node) => node.getText().replace(/\(.*/s, '') === callee)) return source;
    edit.addElement(list, added.expression);
  }
  edit.addImport(added.name, added.from);
  return edit.toString();
}
