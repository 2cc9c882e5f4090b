export const JSON_TYPE = 'application/json';

/** A value as header parameters have it: in quotes or bare. */
const PARAMETER = /;\s*([\w!#$&+.^`|~*-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;]*))/g;

/** Parameters of a header such as content-type or content-disposition, by name in lower case. */
export function parseParameters(header: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name, quoted, bare] of header.matchAll(PARAMETER)) {
    const key = name.toLowerCase();
    // The first counts: what reads the header elsewhere, such as a proxy, takes that one too.
    if (!parameters.has(key)) parameters.set(key, quoted?.replaceAll(/\\(["\\])/g, '$1') ?? bare);
  }
  return parameters;
}

/** True for `image/png`, false for `image/*` and what is no media type at all. */
export function isMediaType(type: string): boolean {
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type);
}
