import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerHeaders, currentHeaders, takeNamedHeaders } from './headers.js';

const server = createServer((_request, response) => response.end());

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  server.close();
});

/** A request as Node's server makes it of these. */
async function requestWith(...rawHeaders: readonly string[]): Promise<IncomingMessage> {
  const requested = once(server, 'request') as Promise<[IncomingMessage]>;
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const lines = Array.from({ length: rawHeaders.length / 2 }, (_, at) =>
    rawHeaders.slice(2 * at, 2 * at + 2).join(': '),
  );
  socket.end(['GET / HTTP/1.1', ...lines, '', ''].join('\r\n'));
  const [request] = await requested;
  return request;
}

describe('the current headers', () => {
  it('are the very list that came, where nothing has changed', async () => {
    const request = await requestWith('Host', 'x', 'X-B', '1', 'x-a', '');
    expect(currentHeaders(request)).toBe(request.rawHeaders);
  });

  it('keep order, case and repetitions', async () => {
    const raw = ['Host', 'x', 'X-B', '1', 'x-a', '2', 'X-b', '3', 'Cookie', 'a=1', 'cookie', 'b=2'];
    expect(currentHeaders(await requestWith(...raw))).toEqual(raw);
  });

  it('have what middleware has changed, added and taken away', async () => {
    const request = await requestWith(
      'Host',
      'x',
      'X-B',
      '1',
      'X-Gone',
      '2',
      'x-b',
      '3',
      'Accept',
      '*/*',
    );
    request.headers['x-b'] = 'changed';
    request.headers['x-user'] = 'alice';
    delete request.headers['x-gone'];
    expect(currentHeaders(request)).toEqual(['Host', 'x', 'X-B', 'changed', 'Accept', '*/*', 'x-user', 'alice']); // prettier-ignore
  });

  it('have one Host and one Authorization, the first, by which middleware has decided', async () => {
    const raw = ['Host', 'a', 'Authorization', 'x', 'host', 'b', 'authorization', 'y'];
    expect(currentHeaders(await requestWith(...raw))).toEqual(['Host', 'a', 'Authorization', 'x']);
  });

  it('have a list where there is one', async () => {
    const request = await requestWith(
      'Host',
      'x',
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2',
      'X-A',
      '1',
    );
    expect(currentHeaders(request)).toEqual(request.rawHeaders);
    expect(request.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    request.headers['x-a'] = ['2', '3'] as never;
    expect(currentHeaders(request).slice(-4)).toEqual(['X-A', '2', 'X-A', '3']);
  });
});

describe('the headers that Connection names', () => {
  const raw = ['Host', 'x', 'Connection', 'close, X-User, Host', 'X-User', 'alice', 'X-B', '1'];

  it('are no part of the request', async () => {
    const request = await requestWith(...raw);
    takeNamedHeaders(request);
    expect(request.headers).toEqual({ host: 'x', connection: 'close, X-User, Host', 'x-b': '1' });
    expect(currentHeaders(request)).not.toContain('X-User');
  });

  it.each(['alice', 'bob'])('are what middleware writes after that: %s', async (user) => {
    const request = await requestWith(...raw);
    takeNamedHeaders(request);
    request.headers['x-user'] = user;
    takeNamedHeaders(request);
    expect(currentHeaders(request).join()).toContain(`X-User,${user}`);
    expect(request.headers['x-user']).toBe(user);
  });

  it('stay where they were changed before', async () => {
    const request = await requestWith(...raw);
    request.headers['x-user'] = 'bob';
    takeNamedHeaders(request);
    expect(currentHeaders(request).slice(-4)).toEqual(['X-User', 'bob', 'X-B', '1']);
  });

  it('are not those that frame the message or change its protocol', async () => {
    const frame = [
      'Connection',
      'Upgrade, Transfer-Encoding, Content-Length',
      'Content-Length',
      '0',
    ];
    const request = await requestWith('Host', 'x', ...frame, 'Upgrade', 'h2c');
    takeNamedHeaders(request);
    expect(Object.keys(request.headers)).toEqual(['host', 'connection', 'content-length', 'upgrade']); // prettier-ignore
  });
});

describe('a header that middleware has set', () => {
  it.each([
    ['x-user', '山田'],
    ['x-user', 'a\r\nx-admin: 1'],
    ['x user', 'bob'],
  ])('and HTTP cannot carry is told by its name: %s', async (name, value) => {
    const request = await requestWith('Host', 'x');
    request.headers[name] = value;
    const about = `Expected of the header "${name}", which middleware has set`;
    expect(() => currentHeaders(request)).toThrow(about);
    request.headers[name] = [value];
    expect(() => currentHeaders(request)).toThrow(about);
  });

  it('may have all characters of Latin-1', async () => {
    const request = await requestWith('Host', 'x');
    request.headers['x-user'] = 'Zo\u00eb\t\u00ff';
    expect(currentHeaders(request).slice(-2)).toEqual(['x-user', 'Zo\u00eb\t\u00ff']);
  });
});

describe('the headers of an answer', () => {
  it('are those for the client: none of the connection, in whatever case, nor what it names', () => {
    const raw = [
      ['Content-Length', '5'],
      ['CONNECTION', 'close, X-Hop'],
      ['connection', 'x-other'],
      ['Keep-Alive', 'timeout=5'],
      ['Transfer-Encoding', 'chunked'],
      ['Trailer', 'X-Late'],
      ['TE', 'trailers'],
      ['Upgrade', 'h2c'],
      ['Proxy-Authenticate', 'Basic'],
      ['Proxy-Connection', 'keep-alive'],
      ['X-Hop', '1'],
      ['X-Other', '1'],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ].flat();
    expect(answerHeaders(raw)).toEqual(['Content-Length', '5', 'Set-Cookie', ['a=1', 'b=2']]); // prettier-ignore
  });

  it('have the last of what may be there once, and every one of the others', () => {
    const raw = ['Date', 'a', 'Vary', 'x', 'date', 'b', 'vary', 'y', 'HTTP2-Settings', 'AAM'];
    expect(answerHeaders(raw)).toEqual(['Date', 'b', 'Vary', ['x', 'y']]);
  });

  it('keep what frames the message, whatever Connection says of it', () => {
    expect(answerHeaders(['Connection', 'content-length', 'Content-Length', '5'])).toEqual([
      'Content-Length',
      '5',
    ]);
  });
});
