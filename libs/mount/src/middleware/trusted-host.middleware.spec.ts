import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidMiddlewareError } from '../mount.errors.js';
import { requestFor, requestOf } from './request.fixture.js';
import type { RequestParts } from './request.fixture.js';
import { TrustedHostMiddleware } from './trusted-host.middleware.js';
import type { TrustedHostOptions } from './trusted-host.middleware.js';

const INVALID = {
  statusCode: 400,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: 'Invalid host header',
};

/** `pass`, or the status, with the location of a redirect. */
function judge(options: TrustedHostOptions, parts: RequestParts | string): string {
  const request = typeof parts === 'string' ? requestFor(parts) : requestOf(parts);
  const denial = TrustedHostMiddleware.with(options).check(request);
  if (denial === undefined) return 'pass';
  return [denial.statusCode, denial.headers.location].filter(Boolean).join(' ');
}

const host = (value: string): RequestParts => ({ headers: [['Host', value]] });

describe("Starlette's own cases", () => {
  const options = { allowedHosts: ['testserver', '*.testserver'] };

  it('test_trusted_host_middleware', () => {
    expect(judge(options, 'http://testserver/')).toBe('pass');
    expect(judge(options, 'http://subdomain.testserver/')).toBe('pass');
    const { check } = TrustedHostMiddleware.with(options);
    expect(check(requestFor('http://invalidhost/'))).toEqual(INVALID);
  });

  it('test_default_allowed_hosts', () => {
    expect(TrustedHostMiddleware.check(requestFor('http://anything.example/'))).toBeUndefined();
    expect(judge({}, 'http://anything.example/')).toBe('pass');
  });

  it('test_www_redirect', () => {
    const www = { allowedHosts: ['www.example.com'] };
    expect(judge(www, 'https://example.com/')).toBe('307 https://www.example.com/');
    expect(judge(www, 'https://www.example.com/')).toBe('pass');
  });
});

describe('patterns', () => {
  it('of a wildcard match every depth and not the apex', () => {
    const options = { allowedHosts: ['*.example.com'] };
    expect(judge(options, host('a.example.com'))).toBe('pass');
    expect(judge(options, host('a.b.example.com'))).toBe('pass');
    expect(judge(options, host('example.com'))).toBe('400');
    expect(judge(options, host('badexample.com'))).toBe('400');
    expect(judge(options, host('a.example.com.evil.org'))).toBe('400');
  });

  it.each(['example.com:8443', 'EXAMPLE.COM', 'example.com.', 'a.sub.Example.com:'])(
    'match whatever the port, the case, and a dot at the end: %s',
    (value) => {
      const options = { allowedHosts: ['Example.com.', '*.Sub.example.com'] };
      expect(judge(options, host(value))).toBe('pass');
    },
  );

  it.each(['[::1]', '::1', '0:0:0:0:0:0:0:1'])('match IPv6 in any spelling: %s', (pattern) => {
    const options = { allowedHosts: [pattern] };
    const values = ['[::1]', '[::1]:8000', '[0:0::1]', '[::0001]:80'];
    expect(values.filter((value) => judge(options, host(value)) !== 'pass')).toEqual([]);
    expect(judge(options, host('[::2]'))).toBe('400');
  });

  it.each([
    'a.*.example.com',
    '*example.com',
    '*.*.example.com',
    '**',
    'example.com:8000',
    'example.com:',
    'https://example.com',
    'example.com/path',
    'a b',
    '',
    '*.',
  ])('that could never match end the start: %j', (pattern) => {
    expect(() => TrustedHostMiddleware.with({ allowedHosts: ['a.org', pattern] })).toThrow(
      InvalidMiddlewareError,
    );
  });

  it('say how a wildcard is written', () => {
    expect(() => TrustedHostMiddleware.with({ allowedHosts: ['ex*.com'] })).toThrow(
      `allowedHosts: domain wildcard patterns must be like '*.example.com', got "ex*.com".`,
    );
  });

  it('are needed', () => {
    expect(() => TrustedHostMiddleware.with({ allowedHosts: [] })).toThrow(InvalidMiddlewareError);
  });
});

describe('the redirect to www', () => {
  const www = { allowedHosts: ['www.example.com'] };

  it('keeps scheme, port, path and query', () => {
    expect(judge(www, 'http://example.com:8080/a%20b?c=d&e')).toBe(
      '307 http://www.example.com:8080/a%20b?c=d&e',
    );
    const socket = requestFor('https://example.com/ws', { Upgrade: 'websocket' });
    expect(TrustedHostMiddleware.with(www).check(socket)?.headers.location).toBe(
      'wss://www.example.com/ws',
    );
  });

  it('is for an exact pattern only, and can be off', () => {
    expect(judge({ allowedHosts: ['*.example.com'] }, host('example.com'))).toBe('400');
    expect(judge({ ...www, wwwRedirect: false }, host('example.com'))).toBe('400');
    expect(judge(www, host('other.com'))).toBe('400');
  });

  it('gives way to a pattern that matches', () => {
    const options = { allowedHosts: ['www.example.com', 'example.com'] };
    expect(judge(options, host('example.com'))).toBe('pass');
  });

  it('has the scheme that a trusted proxy says', () => {
    const parts = {
      headers: [
        ['Host', 'example.com'],
        ['X-Forwarded-Proto', 'https'],
      ],
      remoteAddress: '10.1.2.3',
    } as const;
    const trusting = { ...www, trustedProxies: ['10.0.0.0/8'] };
    expect(judge(trusting, parts)).toBe('307 https://www.example.com/');
    expect(judge(www, parts)).toBe('307 http://www.example.com/');
  });

  it('takes the whole target where Nest has cut the url', () => {
    const request = requestOf({ target: '/?q=1', headers: [['Host', 'example.com']] });
    Object.assign(request, { originalUrl: '/legacy/a?q=1' });
    expect(TrustedHostMiddleware.with(www).check(request)?.headers.location).toBe(
      'http://www.example.com/legacy/a?q=1',
    );
  });

  it('has no byte in its location that a URL may not have', () => {
    const parts: RequestParts = { ...host('example.com'), target: '/\u00e9"<>\\' };
    expect(judge(www, parts)).toBe('307 http://www.example.com/%E9%22%3C%3E%5C');
  });
});

describe('a Host that Node lets through', () => {
  it('twice is refused, even where any is allowed', () => {
    const headers = [
      ['Host', 'example.com'],
      ['host', 'example.com'],
    ] as const;
    expect(judge({ allowedHosts: ['*'] }, { headers })).toBe('400');
  });

  it.each([
    'example.com/path',
    'example.com?x',
    'example.com#x',
    'user@example.com',
    'example.com\\evil.org',
    'example.com evil.org',
    'example.com,evil.org',
    'example.com:80:80',
    'example.com:port',
    'example.com:65536',
    'example.com:123456',
    'a..example.com',
    '.example.com',
    '-a.example.com',
    '.',
    ':80',
    '[::1',
    '::1',
    '[]',
    '[:::1]',
    '[1.2.3.4]',
    '[::1%25eth0]',
    'ex%61mple.com',
    'ex\u00e4mple.com',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(130)}com`,
  ])('and is malformed is refused, even where any is allowed: %j', (value) => {
    expect(judge({ allowedHosts: ['*'] }, host(value))).toBe('400');
  });

  it('is missing or empty, which only * allows', () => {
    expect(judge({ allowedHosts: ['*'] }, { headers: [] })).toBe('pass');
    expect(judge({ allowedHosts: ['*'] }, host(''))).toBe('pass');
    expect(judge({ allowedHosts: ['*.example.com'] }, { headers: [] })).toBe('400');
  });

  it('and differs from that of an absolute target is refused', () => {
    const options = { allowedHosts: ['example.com', 'other.com'] };
    const target = 'http://other.com/path';
    expect(judge(options, { ...host('example.com'), target })).toBe('400');
    expect(judge(options, { ...host('other.com'), target })).toBe('pass');
  });

  it('is HTTP/2s :authority', () => {
    const request = requestOf({ headers: [] });
    request.headers[':authority'] = 'evil.org';
    const { check } = TrustedHostMiddleware.with({ allowedHosts: ['example.com'] });
    expect(check(request)).toEqual(INVALID);
  });

  it('never is more than a name and a port in a location', () => {
    const { check } = TrustedHostMiddleware.with({ allowedHosts: ['www.example.com'] });
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (noise) => {
        for (const value of [noise, `example.com${noise}`, `${noise}example.com`]) {
          const location = check(requestOf(host(value)))?.headers.location;
          if (location === undefined) continue;
          expect(location).toMatch(/^http:\/\/www\.example\.com(:\d+)?\/$/);
        }
      }),
    );
  });
});
