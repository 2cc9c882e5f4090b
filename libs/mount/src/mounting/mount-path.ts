import { withoutOrigin } from 'bentonest/serving';
import { InvalidMountError } from '../mount.errors.js';

/** Where an application is mounted, as one pattern of `forRoutes` says it. */
export interface MountPath {
  /** The path without its wildcard, `/legacy`; of the root `/*`, since `/` is a page of its own. */
  readonly endpoint: string;
  /** How many segments of a request's path are the mount's. */
  readonly segments: number;
  /** Whether it is everything that the application serves: own routes come first there. */
  readonly isRoot: boolean;
}

/** `{/*splat}`, `/*splat`, `/{*splat}`, and the older `/*` and `/(.*)`; Nest ends exact paths in `$`. */
const WILDCARD = /(?:\{\/?\*\w*\}|\*\w*|\(\.\*\)|\$)\/?$/;

/**
 * Reads a pattern as Nest registers it, its global prefix included.
 *
 * @throws InvalidMountError for a pattern of which the mount's part cannot be told from the rest.
 */
export function parseMountPath(pattern: string, globalPrefix: string): MountPath {
  const base = normalize(pattern.replace(WILDCARD, ''));
  if (/[{}*()]/.test(base)) {
    throw new InvalidMountError(
      `Expected a path to mount at with one wildcard, at its end, got "${pattern}". Write forRoutes('legacy{/*splat}'), and one mount for each path.`,
    );
  }
  const isRoot = base === normalize(globalPrefix);
  return {
    endpoint: isRoot ? `${base}/*` : base,
    segments: base === '' ? 0 : base.split('/').length - 1,
    isRoot,
  };
}

function normalize(path: string): string {
  const names = path.split('/').filter((name) => name !== '');
  return names.map((name) => `/${name}`).join('');
}

/**
 * The path and query of a request's target without its first segments: `/a?b` of `/legacy/a?b` and of
 * `http://example.com/legacy/a?b`, `/?b` of `/legacy?b`. They are counted, not compared: what matches them
 * may be written in another case, or with escapes.
 */
export function cutSegments(target: string, segments: number): string {
  const url = withoutOrigin(target);
  let at = 0;
  for (let cut = 0; cut < segments; cut++) {
    while (url[at] === '/') at++;
    while (at < url.length && url[at] !== '/' && url[at] !== '?') at++;
  }
  return url[at] === '/' ? url.slice(at) : `/${url.slice(at)}`;
}
