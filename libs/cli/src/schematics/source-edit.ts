import type ts from 'typescript';
import type { TypeScript } from '../serve/project-typescript.js';

/** Text to be put in at a position. */
interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** A source that is changed here and there, its own formatting left as it is. */
export class SourceEdit {
  readonly file: ts.SourceFile;
  private readonly insertions: Insertion[] = [];

  constructor(
    readonly ts: TypeScript,
    private readonly text: string,
  ) {
    this.file = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true);
  }

  insert(at: number, text: string): void {
    this.insertions.push({ at, text });
  }

  /** Every node of a kind, in the order of the text. */
  find<Node extends ts.Node>(isWanted: (node: ts.Node) => node is Node): Node[] {
    const found: Node[] = [];
    const visit = (node: ts.Node): void => {
      if (isWanted(node)) found.push(node);
      this.ts.forEachChild(node, visit);
    };
    visit(this.file);
    return found;
  }

  /** Adds `import { name } from 'from'` after the last import, unless the name is imported already. */
  addImport(name: string, from: string, { typeOnly = false } = {}): void {
    const imports = this.file.statements.filter((node) => this.ts.isImportDeclaration(node));
    const isThere = imports.some(({ importClause }) => {
      const bindings = importClause?.namedBindings;
      if (bindings === undefined || !this.ts.isNamedImports(bindings)) return false;
      return bindings.elements.some((element) => element.name.text === name);
    });
    if (isThere) return;
    const line = `import ${typeOnly ? 'type ' : ''}{ ${name} } from '${from}';`;
    const last = imports.at(-1);
    if (last === undefined) this.insert(0, `${line}\n`);
    else this.insert(last.getEnd(), `\n${line}`);
  }

  /** Adds an element to an array or an object literal, in a line of its own where the others have one. */
  addElement(
    literal: ts.ArrayLiteralExpression | ts.ObjectLiteralExpression,
    element: string,
  ): void {
    const elements = this.ts.isArrayLiteralExpression(literal)
      ? literal.elements
      : literal.properties;
    const last = elements.at(-1);
    if (last === undefined) {
      const isObject = this.ts.isObjectLiteralExpression(literal);
      this.insert(literal.getStart() + 1, isObject ? ` ${element} ` : element);
      return;
    }
    const lead = this.text.slice(last.getFullStart(), last.getStart());
    const indent = /\n[ \t]*$/.exec(lead)?.[0];
    const end = elements.hasTrailingComma ? elements.end : last.getEnd();
    const comma = elements.hasTrailingComma ? '' : ',';
    const tail = elements.hasTrailingComma ? ',' : '';
    this.insert(end, `${comma}${indent ?? ' '}${element}${tail}`);
  }

  /** The text with all that was put in. */
  toString(): string {
    // From the end, so that positions stay; of one position, the last that was put in comes first.
    const ordered = this.insertions
      .map((insertion, order) => ({ ...insertion, order }))
      .toSorted((a, b) => b.at - a.at || b.order - a.order);
    let text = this.text;
    for (const { at, text: added } of ordered) text = text.slice(0, at) + added + text.slice(at);
    return text;
  }
}
