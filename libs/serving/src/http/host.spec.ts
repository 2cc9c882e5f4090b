import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import type { Http2ServerRequest } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { IncomingMessage, createServer as createHttp1Server } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { hasOneHost, hostOf } from './host.js';
import type { TargetedRequest } from './host.js';

it.each([
  ['its :authority', { ':authority': 'Example.com:8443' }],
  ['its :authority beside a Host', { ':authority': 'example.com:8443', host: 'example.com:8443' }],
])('the host of a request by HTTP/2 is %s', async (_, headers) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  session.request({ ':path': '/py', ...headers }).on('error', () => undefined);
  const [request] = (await once(server, 'request')) as [Http2ServerRequest];
  expect(hostOf(request as unknown as TargetedRequest)).toEqual({
    name: 'example.com',
    port: '8443',
  });
  session.destroy();
  server.close();
});

it('the host of a request by Node’s client of HTTP/2 may be an address of IPv6, without brackets', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  session.request({ ':path': '/', ':authority': '::1:8443' }).on('error', () => undefined);
  const [request] = (await once(server, 'request')) as [Http2ServerRequest];
  expect(hostOf(request as unknown as TargetedRequest)).toEqual({ name: '[::1]', port: '8443' });
  session.destroy();
  server.close();
});

it('a request by HTTP/2 whose Host is not that of its :authority is for none', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const headers = { ':path': '/', ':authority': 'example.com', host: 'evil.example' };
  session.request(headers).on('error', () => undefined);
  const [request] = (await once(server, 'request')) as [Http2ServerRequest];
  expect(hasOneHost(request as unknown as TargetedRequest)).toBe(false);
  session.destroy();
  server.close();
});

describe('whether a request is for one host', () => {
  /** As Node's parser makes it of these lines. */
  async function parse(line: string, headers: readonly string[]): Promise<IncomingMessage> {
    const server = createHttp1Server({ requireHostHeader: false }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connectSocket((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write([line, ...headers, '', ''].join('\r\n'));
    const [request] = (await once(server, 'request')) as [IncomingMessage];
    socket.destroy();
    server.close();
    return request;
  }

  it.each([
    ['a name', 'GET /', ['Host: example.com'], true],
    ['an address with a port', 'GET /', ['host: [::1]:8000'], true],
    ['none, by an empty header', 'GET /', ['Host:'], true],
    ['that of its target', 'GET http://example.com/', ['Host: example.com'], true],
    ['another of four letters beside it', 'GET /', ['Date: now', 'Host: example.com', 'From: me'], true], // prettier-ignore
    ['two', 'GET /', ['Host: example.com', 'Host: evil.example'], false],
    ['the same twice', 'GET /', ['Host: example.com', 'X: y', 'hOST: example.com'], false],
    ['another than that of its target', 'GET http://evil.example/', ['Host: example.com'], false],
    ['a path', 'GET /', ['Host: example.com/evil'], false],
    ['a user', 'GET /', ['Host: me@example.com'], false],
    ['a port that is none', 'GET /', ['Host: example.com:port'], false],
    ['a list', 'GET /', ['Host: example.com, evil.example'], false],
    ['nothing at all', 'GET /', [], false],
  ])('%s', async (_, line, headers, expected) => {
    const request = await parse(`${line} HTTP/1.1`, headers);
    // Not only of the first that comes, but of one whose header is known.
    const answers = [hasOneHost(request), hasOneHost(request), hasOneHost(request)];
    expect(answers).toEqual([expected, expected, expected]);
  });

  it('is not told by what others were: a header may be good in one, and not in the next', async () => {
    const good = await parse('GET / HTTP/1.1', ['Host: good.example']);
    const bad = await parse('GET / HTTP/1.1', ['Host: good.example', 'Host: evil.example']);
    const elsewhere = await parse('GET http://evil.example/ HTTP/1.1', ['Host: good.example']);
    const old = await parse('GET / HTTP/1.0', []);
    const all = [good, bad, elsewhere, old].map((request) => hasOneHost(request));
    expect(all).toEqual([true, false, false, true]);
    expect(hasOneHost(bad)).toBe(false);
  });
});
