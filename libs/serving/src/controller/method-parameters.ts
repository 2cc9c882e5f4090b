import { skipAtom, skipNested } from './source-atoms.js';

/** A parameter as the method's source has it: TypeScript keeps no names at run time. */
export interface MethodParameter {
  /** Undefined where it is destructured. */
  readonly name: string | undefined;
  readonly isRest: boolean;
  /** Source of its default. */
  readonly fallback: string | undefined;
}

/** Reads the parameters of a method, or of what a decorator put in its place. */
// oxlint-disable-next-line typescript/no-unsafe-function-type -- any function
export function readParameters(method: Function): MethodParameter[] {
  const source = Function.prototype.toString.call(method);
  const arrow = /^(?:async\s+)?([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=>/u.exec(source);
  if (arrow !== null) return [{ name: arrow[1], isRest: false, fallback: undefined }];
  return splitParameters(source, endOfName(source)).map((text) => toParameter(text));
}

/** Where the list begins: a method's name may be computed, `['a(']`. */
function endOfName(source: string): number {
  let at = 0;
  while (at < source.length && source[at] !== '(') {
    at = source[at] === '[' ? skipNested(source, at) : skipAtom(source, at);
  }
  return at + 1;
}

/** A parameter's text without comments, and where in it the default begins. */
interface ParameterText {
  text: string;
  equals: number;
}

function splitParameters(source: string, start: number): ParameterText[] {
  const found: ParameterText[] = [];
  let current: ParameterText = { text: '', equals: -1 };
  let at = start;
  while (at < source.length && source[at] !== ')') {
    const char = source[at];
    if (char === ',') {
      found.push(current);
      current = { text: '', equals: -1 };
      at++;
      continue;
    }
    if (char === '=' && current.equals === -1) current.equals = current.text.length;
    const end = '([{'.includes(char) ? skipNested(source, at) : skipAtom(source, at);
    const isComment = char === '/' && /^\/[/*]/.test(source.slice(at, at + 2));
    current.text += isComment ? ' ' : source.slice(at, end);
    at = end;
  }
  found.push(current);
  return found.filter(({ text }) => text.trim() !== '');
}

function toParameter({ text, equals }: ParameterText): MethodParameter {
  const binding = (equals === -1 ? text : text.slice(0, equals)).trim();
  return {
    name: /^(?:\.\.\.\s*)?([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u.exec(binding)?.[1],
    isRest: binding.startsWith('...'),
    fallback: equals === -1 ? undefined : text.slice(equals + 1).trim(),
  };
}
