/** Where the router takes a parameter's name to end; what is in parentheses is its pattern. */
const NAME_ENDS = new Set(['(', '-', '.', '/']);

/**
 * A route without the names of its parameters, for routes that differ in nothing else match the same
 * requests: `/p/:` for `/p/:id`, `/p/:()` for `/p/:id(^\d+$)`.
 */
export function toRoutePattern(url: string): string {
  let pattern = '';
  for (let at = 0; at < url.length; at++) {
    pattern += url[at];
    if (url[at] !== ':') continue;
    if (url[at + 1] === ':') {
      // An escaped colon.
      pattern += url[++at];
      continue;
    }
    while (at + 1 < url.length && !NAME_ENDS.has(url[at + 1])) at++;
    if (url[at + 1] !== '(') continue;
    pattern += '()';
    at = endOfParentheses(url, at + 1);
  }
  return pattern;
}

function endOfParentheses(url: string, start: number): number {
  let depth = 0;
  for (let at = start; at < url.length; at++) {
    if (url[at] === '\\') at++;
    else if (url[at] === '(') depth++;
    else if (url[at] === ')' && --depth === 0) return at;
  }
  return url.length;
}
