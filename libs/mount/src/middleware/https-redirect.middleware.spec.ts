import { describe, expect, it } from 'vitest';
import { InvalidMiddlewareError } from '../mount.errors.js';
import { HttpsRedirectMiddleware } from './https-redirect.middleware.js';
import { requestFor, requestOf } from './request.fixture.js';
import type { RequestParts } from './request.fixture.js';

/** `pass`, or the status, with the location of a redirect. */
function judge(parts: RequestParts | string, trustedProxies: readonly string[] = []): string {
  const request = typeof parts === 'string' ? requestFor(parts) : requestOf(parts);
  const denial = HttpsRedirectMiddleware.with({ trustedProxies }).check(request);
  if (denial === undefined) return 'pass';
  return [denial.statusCode, denial.headers.location].filter(Boolean).join(' ');
}

describe("Starlette's own cases", () => {
  it.each([
    ['https://testserver/', 'pass'],
    ['http://testserver/', '307 https://testserver/'],
    ['http://testserver:80/', '307 https://testserver/'],
    ['http://testserver:443/', '307 https://testserver/'],
    ['http://testserver:123/', '307 https://testserver:123/'],
  ])('test_https_redirect_middleware: %s', (address, expected) => {
    expect(judge(address)).toBe(expected);
  });
});

it('works without options', () => {
  expect(HttpsRedirectMiddleware.check(requestFor('http://testserver/'))).toEqual({
    statusCode: 307,
    headers: { location: 'https://testserver/' },
    body: '',
  });
});

it('keeps path and query, also those that look like another host', () => {
  expect(judge('http://testserver/a/b?c=d&e=%20')).toBe('307 https://testserver/a/b?c=d&e=%20');
  expect(judge({ target: '//evil.org/' })).toBe('307 https://testserver//evil.org/');
  expect(judge({ target: '*' })).toBe('307 https://testserver/');
  expect(judge({ target: 'http://testserver?a' })).toBe('307 https://testserver/?a');
});

it('sends WebSockets to wss', () => {
  expect(
    HttpsRedirectMiddleware.check(requestFor('ws://testserver:8000/ws', { Upgrade: 'WebSocket' })),
  ).toMatchObject({ headers: { location: 'wss://testserver:8000/ws' } });
  const encrypted = requestFor('wss://testserver/ws', { Upgrade: 'websocket' });
  expect(HttpsRedirectMiddleware.check(encrypted)).toBeUndefined();
});

it('keeps the brackets of IPv6', () => {
  expect(judge('http://[::1]:80/')).toBe('307 https://[::1]/');
  expect(judge('http://[::1]:8000/')).toBe('307 https://[::1]:8000/');
});

it.each<readonly (readonly [string, string])[]>([
  [],
  [['Host', '']],
  [['Host', 'a@b']],
  [
    ['Host', 'a'],
    ['Host', 'b'],
  ],
])('redirects nobody to a host that is none: %j', (...headers) => {
  expect(judge({ headers })).toBe('400');
});

describe('X-Forwarded-Proto', () => {
  const from = (remoteAddress: string | undefined, proto: string): RequestParts => ({
    headers: [
      ['Host', 'testserver'],
      ['X-Forwarded-Proto', proto],
    ],
    remoteAddress,
  });

  it('is believed from nobody by default', () => {
    expect(judge(from('127.0.0.1', 'https'))).toBe('307 https://testserver/');
  });

  it.each([
    ['127.0.0.1', ['127.0.0.1']],
    ['::ffff:127.0.0.1', ['127.0.0.1']],
    ['10.9.8.7', ['192.168.0.1', '10.0.0.0/8']],
    ['::1', ['::1']],
    ['fd00::42', ['fd00::/8']],
    ['fe80::1%eth0', ['fe80::/10']],
  ])('is believed from %s with %j', (address, trustedProxies) => {
    expect(judge(from(address, 'https'), trustedProxies)).toBe('pass');
  });

  it.each([
    ['11.0.0.1', ['10.0.0.0/8']],
    ['fc00::1', ['fd00::/8']],
    [undefined, ['0.0.0.0/0', '::/0']],
  ])('is not believed from %s with %j', (address, trustedProxies) => {
    expect(judge(from(address, 'https'), trustedProxies)).toBe('307 https://testserver/');
  });

  it.each([
    ['HTTPS', 'pass'],
    ['wss', 'pass'],
    ['https, http', 'pass'],
    ['http, https', '307 https://testserver/'],
    ['gopher', '307 https://testserver/'],
    ['', '307 https://testserver/'],
  ])('of %j', (proto, expected) => {
    expect(judge(from('10.0.0.1', proto), ['10.0.0.1'])).toBe(expected);
  });

  it('that says http of an encrypted connection is right about the client', () => {
    const parts = { ...from('10.0.0.1', 'http'), encrypted: true };
    expect(judge(parts, ['10.0.0.1'])).toBe('307 https://testserver/');
  });
});

it.each(['localhost', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/8/8', 'fe80::1%eth0', ''])(
  'ends the start for a proxy that is no address: %j',
  (proxy) => {
    expect(() => HttpsRedirectMiddleware.with({ trustedProxies: [proxy] })).toThrow(
      InvalidMiddlewareError,
    );
  },
);

it.each([
  ['/models', '/models/a?b'],
  ['/models/v2/', '/models/v2/a?b'],
  ['//evil.org', '/a?b'],
  ['/..@evil.org', '/a?b'],
  ['/a?b', '/a?b'],
  ['', '/a?b'],
])('puts back the path that a trusted proxy has cut off: %s', (prefix, expected) => {
  const headers = [
    ['Host', 'testserver'],
    ['X-Forwarded-Prefix', prefix],
  ] as const;
  const parts = { target: '/a?b', headers, remoteAddress: '10.0.0.1' };
  expect(judge(parts, ['10.0.0.0/8'])).toBe(`307 https://testserver${expected}`);
  expect(judge(parts, ['10.9.0.0/16'])).toBe('307 https://testserver/a?b');
});
