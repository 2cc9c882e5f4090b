import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { createServer as createSocketServer, Server } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { addressesOf, listenAtAllAddresses } from './addresses.js';

// The resolver of a machine whose localhost has both; 192.0.2.1 is nobody's.
let addresses = ['::1', '127.0.0.1'];
vi.mock('node:dns/promises', () => ({
  lookup: () => Promise.resolve(addresses.map((address) => ({ address }))),
}));

const isDualStack = Object.values(networkInterfaces())
  .flat()
  .some((network) => network?.address === '::1');
if (!isDualStack) console.warn('SKIPPED: this machine has no ::1.');

let app: FastifyInstance | undefined;

afterEach(async () => {
  addresses = ['::1', '127.0.0.1'];
  await app?.close();
});

async function get(host: string, port: number, path = '/'): Promise<string> {
  const [answer] = (await once(request({ host, port, path, agent: false }).end(), 'response')) as [
    IncomingMessage,
  ];
  return text(answer);
}

it('an address that the machine does not have is left out', async () => {
  addresses = ['192.0.2.1', '127.0.0.1'];
  expect(await addressesOf('localhost')).toEqual(['127.0.0.1']);
  expect(await addressesOf('0.0.0.0')).toEqual(['0.0.0.0']);
});

describe.runIf(isDualStack)('localhost', () => {
  it('has one server, as app.listen(port) of any application, which ends with the last of its requests', async () => {
    app = fastify();
    listenAtAllAddresses(app);
    const { server } = app;
    let seen = 0;
    server.on('request', () => seen++);
    let answer: () => void = () => undefined;
    const mayAnswer = new Promise<void>((resolve) => (answer = resolve));
    const asked = new Promise<void>((resolve) => {
      app?.get('/slow', async () => {
        resolve();
        await mayAnswer;
        return 'slow';
      });
    });
    app.get('/', () => 'here');
    await app.listen({ port: 0 });
    const { port } = server.address() as AddressInfo;
    expect(await get('::1', port)).toBe('here');
    expect(await get('127.0.0.1', port)).toBe('here');
    expect(seen).toBe(2);
    // The server itself listens at ::1: it has no connection of its own when it closes.
    const slow = get('127.0.0.1', port, '/slow');
    await asked;
    const told: string[] = [];
    const closed = app.close().then(() => told.push('closed'));
    await once(server, 'close');
    await expect(get('127.0.0.1', port)).rejects.toThrow('ECONNREFUSED');
    expect(told).toEqual([]);
    answer();
    expect(await slow).toBe('slow');
    await closed;
    expect(told).toEqual(['closed']);
  });

  it('has another port where the one that is free at the first address is taken at the other', async () => {
    const taken = createSocketServer();
    const { listen } = Server.prototype;
    const ports: number[] = [];
    const listens = vi.spyOn(Server.prototype, 'listen');
    listens.mockImplementation(function before(this: Server, options: unknown) {
      const { host, port } = options as { readonly host: string; readonly port: number };
      if (host === '127.0.0.1' && ports.push(port) === 1) listen.call(taken, { host, port });
      return listen.call(this, { host, port });
    });
    app = fastify();
    listenAtAllAddresses(app);
    app.get('/', () => 'here');
    try {
      await app.listen({ port: 0 });
    } finally {
      listens.mockRestore();
      taken.close();
    }
    const { port } = app.server.address() as AddressInfo;
    expect(port).not.toBe(ports[0]);
    expect(await get('::1', port)).toBe('here');
    expect(await get('127.0.0.1', port)).toBe('here');
  });

  it('that is closed as soon as it listens has nothing left that listens', async () => {
    app = fastify();
    const { server } = app;
    listenAtAllAddresses(app);
    // Behind Fastify's own listener, and before anybody is told.
    server.once('listening', () => queueMicrotask(() => server.close()));
    const doors = vi.spyOn(Server.prototype, 'listen');
    await app.listen({ port: 0 });
    const all = doors.mock.contexts as Server[];
    doors.mockRestore();
    expect(all.filter(({ listening }) => listening)).toEqual([]);
  });

  it('is refused, and nothing listens, where another process has the port at one of them', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    app = fastify();
    listenAtAllAddresses(app);
    const failure = await new Promise((resolve) => app?.listen({ port }, resolve));
    taken.close();
    expect(failure).toMatchObject({ code: 'EADDRINUSE', address: '127.0.0.1' });
    expect(app.server.listening).toBe(false);
  });
});
