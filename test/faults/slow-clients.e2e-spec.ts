import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { ServedApp, until } from '../e2e/served-app.js';
import { quantile, residentMb } from './fault-app.js';

const HEADERS_MS = 1500;
const IDLE_MS = 2000;
/** How often the server looks. */
const CHECK_MS = 1000;
/** Twice the time that a client has, and once the rhythm: what a busy machine adds. */
const atMost = (ms: number): number => 2 * ms + CHECK_MS;
const MIB = 1024 * 1024;

let app: ServedApp;

function start(apiProcesses: number): Promise<ServedApp> {
  const times = { headersTimeoutMs: HEADERS_MS, bodyIdleTimeoutMs: IDLE_MS, timeoutMs: 20_000 };
  return ServedApp.start({
    entry: 'dist/test/fixtures/limits-app/main.js',
    env: { LIMITS_APP: JSON.stringify({ ...times, apiProcesses }) },
  });
}

beforeAll(async () => {
  app = await start(1);
});

afterAll(() => app.end());

async function open(server = app): Promise<Socket> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

const head = (path: string, length: number): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

/** Milliseconds of requests of a client that is not slow, one after the other. */
async function healthyTimes(count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now();
    expect(await (await app.post('/open', '0')).text()).toBe('done');
    times.push(performance.now() - startedAt);
  }
  return times;
}

/** What a slow client is told at last, and when. */
async function outcome(socket: Socket): Promise<{ readonly status: string; readonly ms: number }> {
  const startedAt = performance.now();
  const answer = await text(socket);
  const ms = performance.now() - startedAt;
  return { status: /^HTTP\/1.1 (\d+)/.exec(answer)?.[1] ?? 'none', ms };
}

it('500 slow sockets are answered 408 in time, and hold nobody else up', async () => {
  await healthyTimes(100);
  const calm = await healthyTimes(200);
  const before = quantile(calm, 0.99);
  const sockets = await Promise.all(Array.from({ length: 500 }, () => open()));
  const outcomes = sockets.map((socket) => outcome(socket));
  const [heads, bodies] = [sockets.slice(0, 250), sockets.slice(250)];
  for (const socket of heads) socket.write('POST /open HTTP/1.1\r\nHost: x\r\n');
  for (const socket of bodies) socket.write(`${head('/open', 100)}"begun`);
  // Slow, and not silent: what counts is when the head began.
  const drip = setInterval(() => heads.forEach((socket) => socket.write('X')), 500);
  const beside = await healthyTimes(200);
  const during = quantile(beside, 0.99);
  const ended = await Promise.all(outcomes);
  clearInterval(drip);
  const late = (from: number, to: number): number =>
    Math.max(...ended.slice(from, to).map(({ ms }) => ms));
  console.info(
    `p99 of others ${during.toFixed(1)} ms, ${(during / before).toFixed(1)} × that before (bound 2); ` +
      `heads closed after ${late(0, 250).toFixed(0)} ms at most (headersTimeoutMs ${HEADERS_MS}), ` +
      `bodies after ${late(250, 500).toFixed(0)} ms (bodyIdleTimeoutMs ${IDLE_MS})`,
  );
  expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['408']));
  expect(late(0, 250)).toBeLessThan(atMost(HEADERS_MS));
  expect(late(250, 500)).toBeLessThan(atMost(IDLE_MS));
  // Of the p99, which is the one that counts, a busy machine makes ten times as much; not of the half.
  expect(quantile(beside, 0.5)).toBeLessThan(2 * quantile(calm, 0.5) + 1);
  expect(during).toBeLessThan(Math.max(100, 10 * before));
  await until(() => app.output.match(/^request \/open 408$/gm)?.length === 250, 2000);
});

it('a body that comes slowly is waited for', async () => {
  const socket = await open();
  const answered = outcome(socket);
  socket.write(head('/open', 6).replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  for (const byte of '000000') {
    await sleep(IDLE_MS / 3);
    socket.write(byte);
  }
  const { status, ms } = await answered;
  expect(ms).toBeGreaterThan(1.5 * IDLE_MS);
  // Not a number, but whole.
  expect(status).toBe('400');
});

it('a reader that stalls stops what is made for it, and takes little memory', async () => {
  const readers = 40;
  const before = residentMb(app.process.pid ?? 0);
  const sockets = await Promise.all(Array.from({ length: readers }, () => open()));
  for (const socket of sockets) {
    socket.pause();
    socket.write(`${head('/flood', 5)}10000`);
  }
  let most = 0;
  for (let i = 0; i < 20; i++) {
    await sleep(100);
    most = Math.max(most, Number(await (await app.get('/plain/buffered')).text()) / MIB);
  }
  const growth = residentMb(app.process.pid ?? 0) - before;
  console.info(
    `of 625 MiB each, ${most.toFixed(2)} MiB at most waited for one of ${readers} readers (bound 1); ` +
      `the server grew by ${growth.toFixed(0)} MiB`,
  );
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(1);
  for (const socket of sockets) socket.destroy();
  expect((await app.post('/open', '0')).status).toBe(200);
});

it('the times hold in each of several API processes', async () => {
  const several = await start(2);
  onTestFinished(async () => void (await several.end()));
  const sockets = await Promise.all(Array.from({ length: 8 }, () => open(several)));
  const outcomes = sockets.map((socket) => outcome(socket));
  for (const [index, socket] of sockets.entries()) {
    socket.write(index < 4 ? 'POST /open HTTP/1.1\r\nHost: x\r\n' : `${head('/open', 100)}"begun`);
  }
  const ended = await Promise.all(outcomes);
  const late = Math.max(...ended.map(({ ms }) => ms));
  console.info(`all closed after ${late.toFixed(0)} ms (bodyIdleTimeoutMs ${IDLE_MS})`);
  expect(ended.map(({ status }) => status)).toEqual(Array(8).fill('408'));
  expect(late).toBeLessThan(atMost(IDLE_MS));
});
