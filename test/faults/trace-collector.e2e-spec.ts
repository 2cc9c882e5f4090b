import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { ServedApp, freePort, until } from '../e2e/served-app.js';

const ENTRY = 'dist/test/fixtures/traced-app/main.js';
const NOT_SENT = 'Spans were not sent';
/** An export that began before, and 3 s for what is left, beside the rest of the shutdown. */
const EXIT_BOUND_MS = 8_000;

let app: ServedApp | undefined;
let close: (() => void) | undefined;

afterEach(async () => {
  await app?.end('SIGKILL');
  close?.();
  close = undefined;
});

async function start(port: number, env: Readonly<Record<string, string>> = {}): Promise<ServedApp> {
  const COLLECTOR = `http://127.0.0.1:${port}`;
  app = await ServedApp.start({
    entry: ENTRY,
    env: { COLLECTOR, OTEL_BSP_SCHEDULE_DELAY: '50', ...env },
  });
  return app;
}

const complaints = (server: ServedApp): readonly string[] =>
  server.complaints.filter((message) => message.startsWith(NOT_SENT));

/** Several exports' worth of requests. */
async function useIt(server: ServedApp): Promise<void> {
  let longest = 0;
  for (let i = 0; i < 12; i++) {
    const startedAt = performance.now();
    const answer = await server.post('/slow', [i]);
    expect([answer.status, await answer.json()]).toEqual([200, [i]]);
    longest = Math.max(longest, performance.now() - startedAt);
  }
  console.info(`slowest answer ${longest.toFixed(0)} ms, 50 of them the model's`);
}

async function endInBound(server: ServedApp): Promise<void> {
  const startedAt = performance.now();
  expect(await server.end()).toBe(0);
  const ms = performance.now() - startedAt;
  console.info(`exit after ${ms.toFixed(0)} ms (bound ${EXIT_BOUND_MS})`);
  expect(ms).toBeLessThan(EXIT_BOUND_MS);
}

it('a collector that is down: requests are answered, one warning, exit in bound', async () => {
  const server = await start(await freePort(), { OTEL_EXPORTER_OTLP_TIMEOUT: '300' });
  await useIt(server);
  await until(() => complaints(server).length > 0, 15_000);
  await useIt(server);
  await endInBound(server);
  expect(complaints(server)).toHaveLength(1);
  console.info(complaints(server)[0]);
});

it('a collector that takes exports and never answers: the same', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => {
    socket.on('error', () => undefined).resume();
    sockets.push(socket);
  }).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  close = () => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  };
  const server = await start((silent.address() as AddressInfo).port);
  await useIt(server);
  await until(() => sockets.length > 0, 10_000);
  await endInBound(server);
  expect(complaints(server)).toHaveLength(1);
  console.info(complaints(server)[0]);
});
