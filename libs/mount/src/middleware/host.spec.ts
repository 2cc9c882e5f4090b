import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import type { Http2ServerRequest } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import type { IncomingRequest } from './denial.js';
import { hostOf } from './host.js';

it.each([
  ['its :authority', { ':authority': 'Example.com:8443' }],
  ['its :authority beside a Host', { ':authority': 'example.com:8443', host: 'example.com:8443' }],
])('the host of a request by HTTP/2 is %s', async (_, headers) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  session.request({ ':path': '/py', ...headers }).on('error', () => undefined);
  const [request] = (await once(server, 'request')) as [Http2ServerRequest];
  expect(hostOf(request as unknown as IncomingRequest)).toEqual({
    name: 'example.com',
    port: '8443',
  });
  session.destroy();
  server.close();
});
