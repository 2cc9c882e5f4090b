import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { isAlive, until } from '../e2e/served-app.js';
import { childPids } from './child-processes.js';
import { FaultApp } from './fault-app.js';

const GRACE_MS = 1000;
const HANGS_MS = 60_000;

let app: FaultApp | undefined;

afterEach(async () => {
  await app?.served.end('SIGKILL');
});

it('a call that hangs ends several processes with the grace period, and nobody is left', async () => {
  const runner = { timeoutMs: HANGS_MS };
  const server = (app = await FaultApp.start({
    runner,
    shutdownGraceMs: GRACE_MS,
    apiProcesses: 2,
  }));
  await until(() => server.served.output.includes('API processes serve'), 10_000);
  const answer = server.single('loop', HANGS_MS).catch((error: unknown) => error);
  await sleep(500);
  const children = childPids(server.pid);
  expect(children).toHaveLength(3);
  const startedAt = performance.now();
  expect(await server.served.end('SIGTERM')).toBe(1);
  const ms = performance.now() - startedAt;
  console.info(`exit after ${ms.toFixed(0)} ms (grace ${GRACE_MS}; bound ${GRACE_MS} + 1000)`);
  expect(ms).toBeGreaterThanOrEqual(GRACE_MS);
  expect(ms).toBeLessThan(GRACE_MS + 1000);
  expect(server.served.output.match(/^onShutdown of FaultService$/gm)).toHaveLength(2);
  expect(await answer).toBeInstanceOf(Error);
  expect(server.served.complaints).toContain(
    `Not closed within ${GRACE_MS} ms: the process ends with what is unfinished.`,
  );
  await until(() => !children.some((pid) => isAlive(pid)), 2000);
});
