import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, expect, it } from 'vitest';
import { ServedApp, isAlive, until } from '../e2e/served-app.js';

const FLOWER = [[6.2, 3.2, 5.2, 2.2]];
let app: ServedApp | undefined;

afterEach(async () => {
  await app?.end('SIGKILL');
});

function children(pid: number | undefined): number[] {
  const listed = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  return listed
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child as number);
}

const socketFolders = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('bentonest-'));

it('SIGTERM under load: what is in flight is answered, exit 0, no child or socket is left', async () => {
  const before = socketFolders();
  app = await ServedApp.start();
  const workers = children(app.process.pid);
  expect(workers).toHaveLength(1);
  expect(socketFolders().length).toBe(before.length + 1);
  const inFlight: Promise<Response>[] = [];
  for (let i = 0; i < 100; i++) inFlight.push(app.post('/classify', FLOWER));
  await Promise.race(inFlight);
  const startedAt = performance.now();
  const exited = app.end('SIGTERM');
  const outcomes = await Promise.allSettled(inFlight);
  expect(await exited).toBe(0);
  console.info(`exit after ${(performance.now() - startedAt).toFixed(0)} ms`);
  const failed = outcomes.filter(({ status }) => status === 'rejected');
  expect(failed).toHaveLength(0);
  await until(() => !workers.some((pid) => isAlive(pid)), 2000);
  expect(socketFolders()).toEqual(before);
});

it('SIGKILL of the server: its workers exit within 2 s and remove their sockets', async () => {
  const before = socketFolders();
  app = await ServedApp.start();
  const workers = children(app.process.pid);
  await app.end('SIGKILL');
  const ms = await until(() => !workers.some((pid) => isAlive(pid)), 2000);
  console.info(`workers gone after ${ms.toFixed(0)} ms (bound 2000)`);
  expect(socketFolders()).toEqual(before);
});
