import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { ServedApp } from '../e2e/served-app.js';
import { childPids } from './child-processes.js';
import { quantile, residentMb } from './fault-app.js';

const CONNECTIONS = 2000;
const GRACE_MS = 10_000;
const FLOWER = [[6.2, 3.2, 5.2, 2.2]];

let app: ServedApp;

afterEach(async () => {
  await app.end('SIGKILL');
});

/** A client that had one answer, and keeps its connection. */
async function openIdle(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  socket.resume();
  return socket;
}

async function timesOf(count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now();
    expect((await app.post('/classify', FLOWER)).status).toBe(200);
    times.push(performance.now() - startedAt);
  }
  return times;
}

/** Of the processes that have the connections; of several, the first one has none of them, but hands them over. */
function memoryOf(pid: number): number {
  const pids = [pid, ...childPids(pid)].filter((each) => !app.workerPids.includes(each));
  return pids.reduce((sum, each) => sum + residentMb(each), 0);
}

it.each(['1', '2'])(
  '2,000 idle keep-alive connections, %s API processes',
  async (workers) => {
    app = await ServedApp.start({ env: { BENTONEST__SERVER__WORKERS: workers } });
    const port = Number(new URL(app.url).port);
    const pid = app.process.pid ?? 0;
    await timesOf(50);
    const calm = await timesOf(200);
    const before = quantile(calm, 0.99);
    const memory = memoryOf(pid);
    const sockets: Socket[] = [];
    while (sockets.length < CONNECTIONS) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => openIdle(port)))));
    }
    const growth = memoryOf(pid) - memory;
    const beside = await timesOf(200);
    const during = quantile(beside, 0.99);
    let closed = 0;
    for (const socket of sockets) socket.once('close', () => closed++);
    const startedAt = performance.now();
    const code = await app.end();
    const ms = performance.now() - startedAt;
    console.info(
      `${growth.toFixed(0)} MiB more in the API processes (bound 100); p99 of others ${during.toFixed(1)} ms, ` +
        `${(during / before).toFixed(1)} × that before (bound 2); exit ${code} after ${ms.toFixed(0)} ms (grace ${GRACE_MS})`,
    );
    expect(code).toBe(0);
    expect(ms).toBeLessThan(GRACE_MS);
    expect(growth).toBeLessThan(100);
    // Of the p99, which is the one that counts, a busy machine makes ten times as much; not of the half.
    expect(quantile(beside, 0.5)).toBeLessThan(2 * quantile(calm, 0.5) + 1);
    expect(during).toBeLessThan(Math.max(100, 10 * before));
    expect(closed).toBe(CONNECTIONS);
  },
  90_000,
);
