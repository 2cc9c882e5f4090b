import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidMountError } from '../mount.errors.js';
import { cutSegments, parseMountPath } from './mount-path.js';

describe('parseMountPath', () => {
  it.each([
    ['/legacy{/*splat}', '', { endpoint: '/legacy', segments: 1, isRoot: false }],
    ['/legacy/*splat', '', { endpoint: '/legacy', segments: 1, isRoot: false }],
    ['/legacy/{*splat}', '', { endpoint: '/legacy', segments: 1, isRoot: false }],
    ['/legacy/(.*)', '', { endpoint: '/legacy', segments: 1, isRoot: false }],
    ['/legacy/*', '', { endpoint: '/legacy', segments: 1, isRoot: false }],
    ['/legacy', '', { endpoint: '/legacy', segments: 1, isRoot: false }],
    ['/legacy/', '', { endpoint: '/legacy', segments: 1, isRoot: false }],
    ['/of/:tenant/app{/*splat}', '', { endpoint: '/of/:tenant/app', segments: 3, isRoot: false }],
    ['/{*splat}', '', { endpoint: '/*', segments: 0, isRoot: true }],
    ['/*path', '', { endpoint: '/*', segments: 0, isRoot: true }],
    ['/', '', { endpoint: '/*', segments: 0, isRoot: true }],
    ['/api/{*splat}', 'api', { endpoint: '/api/*', segments: 1, isRoot: true }],
    ['/api$', '/api/', { endpoint: '/api/*', segments: 1, isRoot: true }],
    ['/api/legacy{/*splat}', 'api', { endpoint: '/api/legacy', segments: 2, isRoot: false }],
    // Excluded from the prefix.
    ['/legacy{/*splat}', 'api', { endpoint: '/legacy', segments: 1, isRoot: false }],
  ])('%s with the prefix "%s"', (pattern, prefix, path) => {
    expect(parseMountPath(pattern, prefix)).toEqual(path);
  });

  it.each(['/a{/b}{/*splat}', '/a/*rest/b{/*splat}', '/a(b|c){/*splat}'])(
    'refuses %s, of which the part to cut off may vary',
    (pattern) => {
      expect(() => parseMountPath(pattern, '')).toThrow(InvalidMountError);
    },
  );
});

describe('cutSegments', () => {
  it.each([
    ['/legacy', 1, '/'],
    ['/legacy/', 1, '/'],
    ['/legacy?a=1', 1, '/?a=1'],
    ['/legacy/?a=/b', 1, '/?a=/b'],
    ['/legacy?a=/b/c', 1, '/?a=/b/c'],
    ['/legacy/a%2Fb', 1, '/a%2Fb'],
    ['/%6Cegacy/x', 1, '/x'],
    ['/legacy//x', 1, '//x'],
    ['//legacy/x', 1, '/x'],
    ['/of/acme/app/x', 3, '/x'],
    ['/x?y', 0, '/x?y'],
    ['//x', 0, '//x'],
    ['?y', 0, '/?y'],
    ['http://x/legacy/a?b=/c', 1, '/a?b=/c'],
    ['http://x/legacy', 1, '/'],
    ['HTTPS://x:8443/of/acme/a', 2, '/a'],
    ['http://x/a/b?c', 0, '/a/b?c'],
    ['http://x', 0, '/'],
    ['http://x?y', 0, '/?y'],
    // No fragment, which Nest does not know in a target either.
    ['http://x#y/legacy/a', 1, '/a'],
  ])('%s without %i segments is %s', (url, segments, rest) => {
    expect(cutSegments(url, segments)).toBe(rest);
  });

  it('gives back what stood behind any prefix', () => {
    const segment = fc.string({
      unit: fc.constantFrom('a', 'Z', '0', '.', '~', '%2F'),
      minLength: 1,
      maxLength: 8,
    });
    const rest = fc.array(segment).map((names) => names.map((name) => `/${name}`).join(''));
    const queries = fc.string({ unit: fc.constantFrom('a', '=', '&', '/', '?', '%2F') });
    fc.assert(
      fc.property(fc.array(segment), rest, queries, (prefix, path, query) => {
        const url = `${prefix.map((name) => `/${name}`).join('')}${path}?${query}`;
        expect(cutSegments(url, prefix.length)).toBe(`${path === '' ? '/' : path}?${query}`);
      }),
    );
  });
});
