import { afterEach, expect, it } from 'vitest';
import { isAlive, until } from '../e2e/served-app.js';
import { FaultApp } from './fault-app.js';

let app: FaultApp;
let workers: readonly number[] = [];

afterEach(async () => {
  for (const pid of workers) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  await app.end();
});

it('SIGKILL of the server: a worker that is in a busy loop is gone within 2 s as well', async () => {
  app = await FaultApp.start({ runner: { workers: 2 } });
  workers = await app.readyPids();
  const call = app.single('loop', 3_600_000).catch(() => undefined);
  await until(async () => (await app.status()).pending === 1, 2000);
  await app.served.end('SIGKILL');
  await call;
  const ms = await until(() => !workers.some((pid) => isAlive(pid)), 4000);
  console.info(`workers, one of them busy, gone after ${ms.toFixed(0)} ms (bound 2000)`);
  expect(ms).toBeLessThan(2000);
});
