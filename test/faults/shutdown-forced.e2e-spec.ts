import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { isAlive, until } from '../e2e/served-app.js';
import { childPids } from './child-processes.js';
import { FaultApp } from './fault-app.js';

const HANGS_MS = 60_000;

let app: FaultApp | undefined;

afterEach(async () => {
  await app?.served.end('SIGKILL');
});

/** A server with a call that does not end, and its workers. */
async function startHanging(
  shutdownGraceMs?: number,
): Promise<{ app: FaultApp; workers: readonly number[] }> {
  const runner = { timeoutMs: HANGS_MS };
  const started = (app = await FaultApp.start({ runner, shutdownGraceMs }));
  started.single('loop', HANGS_MS).catch(() => undefined);
  await until(async () => (await started.status()).pending === 1, 2000);
  return { app: started, workers: childPids(started.pid) };
}

async function expectNoOrphans(workers: readonly number[]): Promise<void> {
  expect(workers).toHaveLength(1);
  await until(() => !workers.some((pid) => isAlive(pid)), 2000);
}

it.each(['SIGTERM', 'SIGINT'] as const)(
  '%s after SIGTERM: the process ends at once, its workers with it',
  async (second) => {
    const { app: server, workers } = await startHanging();
    const exited = server.served.end('SIGTERM');
    await sleep(500);
    expect(server.served.process.exitCode).toBeNull();
    const startedAt = performance.now();
    server.served.process.kill(second);
    expect(await exited).toBe(second === 'SIGTERM' ? 143 : 130);
    console.info(`exit after ${(performance.now() - startedAt).toFixed(0)} ms`);
    await expectNoOrphans(workers);
  },
);

describe('while onModuleDestroy hangs', () => {
  it('a second signal ends the process at once', async () => {
    const { served, pid } = (app = await FaultApp.start({ hangs: 'onModuleDestroy' }));
    const workers = childPids(pid);
    const exited = served.end('SIGTERM');
    await sleep(500);
    expect(served.process.exitCode).toBeNull();
    const startedAt = performance.now();
    served.process.kill('SIGTERM');
    expect(await exited).toBe(143);
    const ms = performance.now() - startedAt;
    console.info(`exit after ${ms.toFixed(0)} ms (bound 2000)`);
    expect(ms).toBeLessThan(2000);
    await expectNoOrphans(workers);
  });

  it('the end of the grace period ends it: exit 1', async () => {
    const options = { hangs: 'onModuleDestroy', shutdownGraceMs: 1000 } as const;
    const { served, pid } = (app = await FaultApp.start(options));
    const workers = childPids(pid);
    const startedAt = performance.now();
    expect(await served.end('SIGTERM')).toBe(1);
    const ms = performance.now() - startedAt;
    console.info(`exit after ${ms.toFixed(0)} ms (grace 1000)`);
    expect(ms).toBeGreaterThanOrEqual(1000);
    expect(ms).toBeLessThan(5000);
    await expectNoOrphans(workers);
  });
});

it('of 2 API processes, a request that is cut at the end of the grace period: exit 1', async () => {
  const { served, pid } = (app = await FaultApp.start({ shutdownGraceMs: 1000, apiProcesses: 2 }));
  await until(() => served.output.includes('API processes serve'), 30_000);
  const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(
    'POST /rows HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{',
  );
  await sleep(300);
  const children = childPids(pid);
  expect(children).toHaveLength(3);
  const startedAt = performance.now();
  expect(await served.end('SIGTERM')).toBe(1);
  console.info(`exit after ${(performance.now() - startedAt).toFixed(0)} ms (grace 1000)`);
  expect(served.complaints).toContain('Not every API process could answer what it had.');
  await until(() => !children.some((child) => isAlive(child)), 2000);
});

it('SIGTERM twice at once, as from a terminal and from npm: one orderly end', async () => {
  const { served } = (app = await FaultApp.start());
  const exited = served.end('SIGTERM');
  served.process.kill('SIGTERM');
  expect(await exited).toBe(0);
});

it('a call that hangs at the end of the grace period: exit 1, no worker is left', async () => {
  const { app: server, workers } = await startHanging();
  const startedAt = performance.now();
  expect(await server.served.end('SIGTERM')).toBe(1);
  console.info(`exit after ${(performance.now() - startedAt).toFixed(0)} ms (grace 10000)`);
  await expectNoOrphans(workers);
});

it('shutdownGraceMs says how long that is', async () => {
  const { app: server, workers } = await startHanging(1000);
  const startedAt = performance.now();
  expect(await server.served.end('SIGTERM')).toBe(1);
  const exitMs = performance.now() - startedAt;
  console.info(`exit after ${exitMs.toFixed(0)} ms (grace 1000)`);
  expect(exitMs).toBeGreaterThanOrEqual(1000);
  expect(exitMs).toBeLessThan(5000);
  expect(server.served.output).toContain('onShutdown of FaultService');
  await expectNoOrphans(workers);
});

it('SIGTERM while a request head is half sent: exit 0, the connection is closed', async () => {
  const { served } = (app = await FaultApp.start());
  const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  socket.write('POST /rows HTTP/1.1\r\nhost: x\r\n');
  await sleep(100);
  expect(await served.end('SIGTERM')).toBe(0);
  await closed;
});
