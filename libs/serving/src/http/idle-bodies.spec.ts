import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { IdleBodies } from './idle-bodies.js';
import { OpenConnections } from './open-connections.js';

const IDLE_MS = 30_000;
const BEGUN = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nbegun';

async function start() {
  const late: Socket[] = [];
  const server = createServer();
  const idle = new IdleBodies(server, new OpenConnections(server), IDLE_MS);
  server.on('clientError', (_error, socket) => late.push(socket as Socket));
  server.on('upgrade', (_request, socket: Socket) => socket.write('HTTP/1.1 101 X\r\n\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  return { server, idle, late, client };
}

it('ends a request of whose body nothing more has come, and not before', async () => {
  const { server, idle, late, client } = await start();
  client.write(BEGUN);
  const [request] = (await once(server, 'request')) as [IncomingMessage];
  await once(request, 'data');
  idle.look(0);
  idle.look(IDLE_MS - 1);
  expect(late).toEqual([]);
  const more = once(request, 'data');
  client.write('more');
  await more;
  idle.look(IDLE_MS);
  idle.look(2 * IDLE_MS - 1);
  expect(late).toEqual([]);
  idle.look(2 * IDLE_MS);
  expect(late).toEqual([request.socket]);
});

it('waits where it is the server that does not read', async () => {
  const { server, idle, late, client } = await start();
  client.write(BEGUN);
  const [request] = (await once(server, 'request')) as [IncomingMessage];
  // What came with the head is read into the request.
  request.read(0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(request.readableLength).toBe(5);
  for (const now of [0, IDLE_MS, 2 * IDLE_MS]) idle.look(now);
  expect(late).toEqual([]);
});

it('leaves answers that take their time, idle connections and other protocols alone', async () => {
  const { server, idle, late, client } = await start();
  for (const now of [0, IDLE_MS]) idle.look(now);
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(server, 'request');
  for (const now of [0, IDLE_MS]) idle.look(now);
  const other = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void other.destroy());
  other.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  await once(other, 'data');
  for (const now of [0, IDLE_MS]) idle.look(now);
  expect(late).toEqual([]);
});
