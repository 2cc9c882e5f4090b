import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { ROOT, SUBPATHS } from './house.js';

/**
 * What a process loads when it loads `entry`: the libs' own files and the packages, followed
 * through static imports. Types are erased and `import()` is somebody's decision at run time, so
 * neither counts. Lint sees one file at a time; this sees what lies behind it.
 */
export function loadedBy(entry: string): { files: Set<string>; packages: Map<string, string> } {
  const files = new Set<string>();
  const packages = new Map<string, string>();
  const queue = [entry];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const specifier of importsOf(file)) {
      const next = resolve(file, specifier);
      if (next === undefined) packages.set(specifier, file);
      else queue.push(next);
    }
  }
  return { files, packages };
}

function resolve(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(file), specifier).replace(/\.js$/, '.ts');
  return SUBPATHS.get(specifier)?.source.slice('./'.length);
}

/** Specifiers of the imports and re-exports that survive compilation. */
function importsOf(file: string): string[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(ROOT, file), 'utf8'),
    ts.ScriptTarget.ESNext,
  );
  return source.statements.flatMap((statement) => {
    if (ts.isImportDeclaration(statement)) {
      return statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
        ? []
        : textOf(statement.moduleSpecifier);
    }
    if (ts.isExportDeclaration(statement) && !statement.isTypeOnly) {
      return textOf(statement.moduleSpecifier);
    }
    return [];
  });
}

function textOf(specifier: ts.Expression | undefined): string[] {
  return specifier !== undefined && ts.isStringLiteral(specifier) ? [specifier.text] : [];
}
