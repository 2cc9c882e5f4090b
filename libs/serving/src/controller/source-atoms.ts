const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** What a value ends with: a slash behind it divides, any other begins a regular expression. */
const VALUE_END = /[\p{ID_Continue}$)\]}"'`]$/u;

/** Where the comment, text, regular expression or other character at `at` of JavaScript ends. */
export function skipAtom(source: string, at: number): number {
  const char = source[at];
  if (char === '"' || char === "'") return endOfText(source, at);
  if (char === '`') return endOfTemplate(source, at);
  if (char !== '/') return at + 1;
  if (source[at + 1] === '/') return endOrWhole(source, source.indexOf('\n', at));
  if (source[at + 1] === '*') return endOrWhole(source, source.indexOf('*/', at) + 2);
  return VALUE_END.test(source.slice(0, at).trimEnd()) ? at + 1 : endOfPattern(source, at);
}

/** Where the bracket at `at` is closed, and what stands in it ends. */
export function skipNested(source: string, at: number): number {
  const close = CLOSING[source[at]];
  let next = at + 1;
  while (next < source.length && source[next] !== close) {
    next = source[next] in CLOSING ? skipNested(source, next) : skipAtom(source, next);
  }
  return next + 1;
}

function endOrWhole(source: string, end: number): number {
  return end < 2 ? source.length : end;
}

function endOfText(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== source[start]) at += source[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOfTemplate(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== '`') {
    if (source.startsWith('${', at)) at = skipNested(source, at + 1);
    else at += source[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

/** A slash in a class, `[/]`, does not end a regular expression. */
function endOfPattern(source: string, start: number): number {
  let isClass = false;
  let at = start + 1;
  while (at < source.length && (isClass || source[at] !== '/')) {
    if (source[at] === '[') isClass = true;
    else if (source[at] === ']') isClass = false;
    at += source[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}
