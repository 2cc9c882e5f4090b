import type { TypeScript } from '../serve/project-typescript.js';
import { SourceEdit } from './source-edit.js';

const ADAPTER = 'FastifyAdapter';
const APPLICATION = 'NestFastifyApplication';
const PLATFORM = '@nestjs/platform-fastify';

/** Whether main.ts relies on Express, or is not understood: then it is its author who must change it. */
function createCall(edit: SourceEdit): import('typescript').CallExpression | undefined {
  const calls = edit.find(edit.ts.isCallExpression);
  return calls.find(({ expression }) => expression.getText() === 'NestFactory.create');
}

/**
 * main.ts with the FastifyAdapter, on which services run, and with shutdown hooks, which stop the
 * workers; undefined where it cannot be changed safely, because it is built on Express or on something
 * that is not understood.
 */
export function useFastify(ts: TypeScript, source: string): string | undefined {
  const edit = new SourceEdit(ts, source);
  const call = createCall(edit);
  if (call === undefined || /express/i.test(source)) return undefined;
  if (!source.includes(ADAPTER)) {
    const [module, options] = call.arguments;
    if (module === undefined || (options !== undefined && !ts.isObjectLiteralExpression(options))) {
      return undefined;
    }
    if (call.typeArguments === undefined) edit.insert(call.expression.getEnd(), `<${APPLICATION}>`);
    edit.insert(module.getEnd(), `, new ${ADAPTER}()`);
    edit.addImport(ADAPTER, PLATFORM);
    if (call.typeArguments === undefined) edit.addImport(APPLICATION, PLATFORM, { typeOnly: true });
  }
  addShutdownHooks(edit, call);
  return edit.toString();
}

function addShutdownHooks(edit: SourceEdit, call: import('typescript').CallExpression): void {
  const { ts, file } = edit;
  if (file.text.includes('enableShutdownHooks')) return;
  const declaration = ts.findAncestor(call, ts.isVariableDeclaration);
  const statement = ts.findAncestor(call, ts.isVariableStatement);
  if (declaration === undefined || statement === undefined) return;
  const { character } = file.getLineAndCharacterOfPosition(statement.getStart());
  const indent = ' '.repeat(character);
  edit.insert(
    statement.getEnd(),
    `\n${indent}${declaration.name.getText()}.enableShutdownHooks(undefined, { useProcessExit: true });`,
  );
}
