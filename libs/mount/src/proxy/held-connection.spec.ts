import { once } from 'node:events';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import type { AddressInfo, Server as SocketServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Pool } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPool } from './application-pool.js';
import { exchangeWhole } from './whole-exchange.js';

const CHUNK = Buffer.alloc(16_384, 65);

let folder: string;
let pool: Pool;
let application: SocketServer;
let proxy: Server;
let port: number;
let paused: ServerResponse | undefined;
let ends: unknown[];
let answer: (socket: Socket) => Promise<void>;
const isSent = (): void => sent?.();
let sent: (() => void) | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'held-'));
  const socketPath = join(folder, 'app.sock');
  [ends, paused] = [[], undefined];
  subscribe('undici:client:sendHeaders', isSent);
  // What it has not read when it goes away makes a reset of its end.
  application = createSocketServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined);
    sent = () => void answer(socket);
  }).listen(socketPath);
  pool = openPool(socketPath, 30_000);
  proxy = createServer((request, response) => void passOn(request, response));
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  ({ port } = proxy.address() as AddressInfo);
});

async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  paused = response;
  const options = { headers: [], timeoutMs: 60_000, onAnswer: () => undefined };
  const end = await exchangeWhole(pool, [request, response], options).catch(
    (error: unknown) => error,
  );
  ends.push(end);
  if (end instanceof Error) response.destroy();
}

afterEach(async () => {
  unsubscribe('undici:client:sendHeaders', isSent);
  proxy.closeAllConnections();
  proxy.close();
  await pool.destroy();
  application.close();
  rmSync(folder, { recursive: true });
});

/** Sends until the proxy waits for its client, with nothing between the two. */
async function fill(socket: Socket, head: string, first = ''): Promise<number> {
  socket.write(`${head}\r\n\r\n${first}`);
  let bytes = 0;
  const isFull = (): boolean => paused?.writableNeedDrain === true;
  while (!isFull() || bytes < 32 * CHUNK.length) {
    await new Promise((resolve) => socket.write(CHUNK, resolve));
    bytes += CHUNK.length;
    for (let turns = 0; turns < 20; turns++) await turn();
  }
  return bytes;
}

/** Takes an answer when the application has ended. */
async function take(hasEnded: Promise<unknown>): Promise<number> {
  const [head] = (await once(get({ port, agent: false }), 'response')) as [IncomingMessage];
  await hasEnded;
  for (let turns = 0; turns < 50; turns++) await turn();
  let bytes = 0;
  for await (const chunk of head) bytes += (chunk as Buffer).length;
  return bytes;
}

describe('while a client does not read', () => {
  it.each([
    ['an answer to the end of its connection', 'HTTP/1.1 200 OK'],
    ['with Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close'],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK'],
  ])('%s may end', async (_, head) => {
    let bytes = 0;
    const hasEnded = new Promise<void>((resolve) => {
      answer = async (socket) => {
        bytes = await fill(socket, head);
        socket.resume();
        socket.end(resolve);
      };
    });
    expect(await take(hasEnded)).toBe(bytes);
    expect(ends).toEqual([undefined]);
  });

  it.each([
    ['Content-Length: 99999999'],
    ['Content-Length: 99999999\r\nConnection: close'],
    ['Transfer-Encoding: chunked\r\nConnection: close', '5F5E0FF\r\n'],
  ])('an end that is early breaks it off: %s', async (header, first = '') => {
    const hasEnded = new Promise<void>((resolve) => {
      answer = async (socket) => {
        await fill(socket, `HTTP/1.1 200 OK\r\n${header}`, first);
        socket.resume();
        socket.end(resolve);
      };
    });
    await expect(take(hasEnded)).rejects.toThrow('aborted');
    expect(ends).toMatchObject([{ code: 'MOUNT_FAILED' }]);
  });

  it('a reset breaks it off', async () => {
    const hasEnded = new Promise<void>((resolve) => {
      answer = async (socket) => {
        await fill(socket, 'HTTP/1.1 200 OK\r\nConnection: close');
        socket.once('close', () => resolve());
        socket.destroy();
      };
    });
    await expect(take(hasEnded)).rejects.toThrow('aborted');
    expect(ends).toMatchObject([
      { code: 'MOUNT_FAILED', cause: { cause: { code: 'ECONNRESET' } } },
    ]);
  });
});
