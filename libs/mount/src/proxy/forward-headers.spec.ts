import { describe, expect, it } from 'vitest';
import { requestOf } from '../middleware/request.fixture.js';
import type { RequestParts } from '../middleware/request.fixture.js';
import { parseTrustedProxies } from '../middleware/scheme.js';
import { forwardHeaders } from './forward-headers.js';

function forwarded(
  parts: RequestParts,
  { trusted = [], prefix = '' }: { trusted?: readonly string[]; prefix?: string } = {},
): Record<string, string> {
  const trustedProxies = parseTrustedProxies(trusted);
  const list = forwardHeaders(requestOf(parts), { prefix, trustedProxies });
  const pairs = Array.from({ length: list.length / 2 }, (_, at) => list.slice(2 * at, 2 * at + 2));
  return Object.fromEntries(
    pairs.map(([name = '', value]) => [name.toLowerCase(), value]),
  ) as never;
}

const SAID: RequestParts['headers'] = [
  ['Host', 'testserver'],
  ['X-Forwarded-For', '6.6.6.6, 1.2.3.4, 10.0.0.2'],
  ['X-Forwarded-Proto', 'https'],
  ['X-Forwarded-Host', 'example.com'],
  ['X-Forwarded-Prefix', '/outer/'],
  ['Forwarded', 'for=6.6.6.6'],
];

describe('the headers for an application', () => {
  it('say who asks by the connection, whatever the client says', () => {
    expect(forwarded({ headers: SAID, remoteAddress: '10.0.0.1' }, { prefix: '/py' })).toEqual({
      host: 'testserver',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'testserver',
      'x-forwarded-prefix': '/py',
    });
  });

  it('of a request by HTTP/2 are those of HTTP/1', () => {
    const headers = [
      [':method', 'GET'],
      [':path', '/py'],
      [':scheme', 'https'],
      [':authority', 'testserver:443'],
      ['accept', '*/*'],
    ] as const;
    expect(forwarded({ headers, remoteAddress: '10.0.0.1' })).toEqual({
      accept: '*/*',
      host: 'testserver:443',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'testserver:443',
    });
  });

  it('say what a trusted proxy says, and of addresses those behind the client’s', () => {
    const request = { headers: SAID, remoteAddress: '10.0.0.1' };
    expect(forwarded(request, { trusted: ['10.0.0.0/8'], prefix: '/py' })).toEqual({
      host: 'testserver',
      'x-forwarded-for': '1.2.3.4, 10.0.0.2, 10.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'example.com',
      'x-forwarded-prefix': '/outer/py',
    });
  });

  it.each([
    ['1.2.3.4:5678', '1.2.3.4, ::1'],
    ['[2001:db8::1]:443', '2001:db8::1, ::1'],
    ['2001:db8::1', '2001:db8::1, ::1'],
    ['unknown', '::1'],
    ['1.2.3.4, <script>', '::1'],
    ['999.1.1.1', '::1'],
    ['', '::1'],
  ])('take an address from a proxy, and nothing else: %s', (said, expected) => {
    const request: RequestParts = { headers: [['X-Forwarded-For', said]], remoteAddress: '::1' };
    expect(forwarded(request, { trusted: ['::1'] })['x-forwarded-for']).toBe(expected);
  });

  it('say https of an encrypted connection', () => {
    expect(forwarded({ encrypted: true })['x-forwarded-proto']).toBe('https');
  });

  it.each(['SCRIPT_NAME', 'X_Forwarded_Prefix', 'x_user', 'Transfer_Encoding'])(
    'have no %s: CGI’s variables do not tell _ from -',
    (name) => {
      const headers = [['Host', 'x'], [name, '/a']] as const; // prettier-ignore
      expect(Object.keys(forwarded({ headers }))).not.toContain(name.toLowerCase());
    },
  );

  it('have none of the connection, nor what it names', () => {
    const headers = [
      ['Connection', 'Upgrade, X-Hop, Host, Content-Length'],
      ['Upgrade', 'websocket'],
      ['X-Hop', '1'],
      ['TE', 'trailers'],
      ['Transfer-Encoding', 'chunked'],
      ['Proxy-Authorization', 'Basic x'],
      ['Expect', '100-continue'],
      ['Host', 'x'],
      ['Content-Length', '5'],
    ] as const;
    expect(Object.keys(forwarded({ headers })).toSorted()).toEqual([
      'content-length',
      'host',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
    ]);
  });
});
