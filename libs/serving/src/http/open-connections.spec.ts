import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { OpenConnections } from './open-connections.js';

let server: Server;
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.closeAllConnections();
  server.close();
});

async function listen(): Promise<OpenConnections> {
  server = createServer();
  const connections = new OpenConnections(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return connections;
}

const port = (): number => (server.address() as AddressInfo).port;

async function client(data = ''): Promise<Socket> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = connect(port(), '127.0.0.1');
  sockets.push(socket);
  const [peer] = await accepted;
  if (data !== '') {
    socket.write(data);
    while (peer.bytesRead < data.length) await turn();
  }
  return peer;
}

it('a connection without a request is closed at the second look, not at the first', async () => {
  const connections = await listen();
  const silent = await client();
  const halfSent = await client('POST / HTTP/1.1\r\nhost: x\r\n');
  connections.closeIdle();
  expect([silent.destroyed, halfSent.destroyed]).toEqual([false, false]);
  connections.closeIdle();
  expect([silent.destroyed, halfSent.destroyed]).toEqual([true, true]);
});

it('a connection with a request stays, and its answer tells the client to leave', async () => {
  const connections = await listen();
  const agent = new Agent({ keepAlive: true });
  const requested = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
  const call = request({ port: port(), host: '127.0.0.1', agent });
  call.end();
  const [, response] = await requested;
  connections.announceClose();
  connections.closeIdle();
  connections.closeIdle();
  response.end('answer');
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  answer.resume();
  agent.destroy();
  expect([answer.statusCode, answer.headers.connection]).toEqual([200, 'close']);
});

it('an upgraded connection is left to its owner', async () => {
  const connections = await listen();
  const upgraded = once(server, 'upgrade');
  const socket = await client(
    'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  );
  await upgraded;
  connections.closeIdle();
  connections.closeIdle();
  expect(socket.destroyed).toBe(false);
  connections.closeAll();
  expect(socket.destroyed).toBe(true);
});

it('a connection that Node is handed anew is the one that it was', async () => {
  await listen();
  const socket = await client();
  const [open] = server.listeners('connection').slice(-1);
  const before = socket.listenerCount('close');
  for (let count = 0; count < 20; count++) open?.call(server, socket);
  expect(socket.listenerCount('close')).toBe(before);
});
