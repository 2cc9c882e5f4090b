/**
 * Names of a method's parameters, as its source has them: TypeScript keeps none at run time.
 *
 * @param method its source, `Function.prototype.toString`'s.
 * @returns undefined where one of them has no name: destructured or rest.
 */
export function parameterNames(method: string): string[] | undefined {
  const source = stripComments(method);
  const parameters = splitList(source.slice(source.indexOf('(') + 1));
  const names = parameters.map(
    (parameter) => /^([\p{ID_Start}$_][\p{ID_Continue}$]*)/u.exec(parameter)?.[1],
  );
  return names.every((name) => name !== undefined) ? names : undefined;
}

const COMMENT = /\/\*[\s\S]*?\*\/|\/\/.*$/gm;

function stripComments(source: string): string {
  return source.replaceAll(COMMENT, ' ');
}

const OPENING = new Set(['(', '[', '{']);
const CLOSING = new Set([')', ']', '}']);
const QUOTES = new Set(['"', "'", '`']);

/** What commas part up to the list's own closing bracket: defaults may hold brackets and text. */
function splitList(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (QUOTES.has(char)) {
      i = endOfText(text, i);
    } else if (OPENING.has(char)) {
      depth++;
    } else if (depth > 0 && CLOSING.has(char)) {
      depth--;
    } else if (depth === 0 && (char === ',' || char === ')')) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
      if (char === ')') break;
    }
  }
  return parts.filter((part) => part !== '');
}

function endOfText(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && text[end] !== text[start]) end += text[end] === '\\' ? 2 : 1;
  return end;
}
