import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServedApp, until } from '../e2e/served-app.js';

const FLOWER = [[6.2, 3.2, 5.2, 2.2]];

let app: ServedApp;

beforeAll(async () => {
  app = await ServedApp.start();
});

afterAll(async () => {
  await app.end();
});

/** Clients that each send their next request when the last one is answered. */
class Load {
  readonly statuses = new Map<number, number>();
  unanswered = 0;
  private isOn = true;
  private readonly clients: Promise<void>[];

  constructor(count: number) {
    this.clients = Array.from({ length: count }, () => this.client());
  }

  async stop(): Promise<void> {
    this.isOn = false;
    await Promise.all(this.clients);
  }

  private async client(): Promise<void> {
    while (this.isOn) {
      try {
        const answer = await app.post('/classify', FLOWER);
        await answer.arrayBuffer();
        this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1);
      } catch {
        this.unanswered++;
      }
    }
  }
}

async function workerPid(): Promise<number> {
  const { execFileSync } = await import('node:child_process');
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(app.process.pid)], {
    encoding: 'utf8',
  });
  return Number(children.trim().split('\n')[0]);
}

it('kill -9 of the worker under load: its batch gets 503, a new one serves within 2 s', async () => {
  const load = new Load(16);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const killed = await workerPid();
  process.kill(killed, 'SIGKILL');
  const notReadyMs = await until(async () => (await app.get('/readyz')).status === 503, 1000);
  const backMs = await until(
    async () => (await app.post('/classify', FLOWER)).status === 200,
    5000,
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  await load.stop();
  console.info(
    `not ready after ${notReadyMs.toFixed(0)} ms; served again after ${backMs.toFixed(0)} ms (bound 2000)`,
  );
  expect(load.unanswered).toBe(0);
  expect([...load.statuses.keys()].every((status) => status === 200 || status === 503)).toBe(true);
  expect(load.statuses.get(503) ?? 0).toBeLessThanOrEqual(16);
  expect(load.statuses.get(200)).toBeGreaterThan(100);
  expect(await workerPid()).not.toBe(killed);
  expect(backMs).toBeLessThan(2000);
});

it('20 kills in a row: still ready', async () => {
  for (let i = 0; i < 20; i++) {
    process.kill(await workerPid(), 'SIGKILL');
    await until(async () => (await app.get('/readyz')).status === 503, 2000);
    await app.untilReady();
  }
  expect(await (await app.post('/classify', FLOWER)).text()).toBe('[2]');
});
