import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppSupervisor } from './app-supervisor.js';

/** Serves as long as the file `ok` is there when it starts. Its paths are what it does. */
const SERVER = `
const { existsSync } = require('node:fs');
if (!existsSync('ok')) { console.error('RuntimeError: no database'); process.exit(1); }
require('node:http').createServer((request, response) => {
  if (request.url === '/hang') for (;;);
  response.end();
}).listen(process.argv[1]);
`;

let folder: string;
let supervisor: AppSupervisor;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bentonest-app-'));
  await writeFile(join(folder, 'ok'), '');
  lines = [];
  const write = (line: string): void => void lines.push(line);
  const log = { debug: write, log: write, warn: write, error: write };
  const socketPath = join(folder, '1.sock');
  const args = ['-e', SERVER, socketPath];
  const limits = { name: 'app', startTimeoutMs: 20_000, hangTimeoutMs: 300, graceMs: 1000 };
  supervisor = new AppSupervisor(
    { file: process.execPath, args, cwd: folder, env: {}, socketPath },
    limits,
    log,
  );
});

afterEach(async () => {
  await supervisor.stop();
  await rm(folder, { recursive: true, force: true });
});

const count = (text: string): number => lines.filter((line) => line.includes(text)).length;

function pid(): number {
  const [, text] = /is ready \(pid (\d+)\)/.exec(lines.findLast((line) => line.includes('ready')) ?? '') ?? []; // prettier-ignore
  return Number(text);
}

const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 20_000 });

describe('an application', () => {
  it('that dies is replaced at once', async () => {
    await supervisor.start();
    expect(supervisor.status).toEqual({ name: 'app', state: 'ready', reason: undefined });
    process.kill(pid(), 'SIGKILL');
    await until(() => count('is ready') === 2);
    expect(supervisor.isUp).toBe(true);
  }, 30_000);

  it('that does not start any more is tried again, later and later, and then has failed', async () => {
    await supervisor.start();
    await rm(join(folder, 'ok'));
    process.kill(pid(), 'SIGKILL');
    await until(() => supervisor.status.state !== 'ready');
    expect(supervisor.isUp).toBe(false);
    await until(() => supervisor.status.state === 'failed');
    // The death that it had served before, and the five of a crash loop.
    expect(count('died: it was ended by SIGKILL')).toBe(1);
    expect(count('died: it exited with code 1')).toBe(5);
    expect(supervisor.status.reason).toBe('RuntimeError: no database');
    expect(count('app does not start: RuntimeError: no database. It is tried again every 30 s.')).toBe(1); // prettier-ignore
  }, 30_000);

  it('that hangs is replaced, also where another request was answered before', async () => {
    await supervisor.start();
    supervisor.asked();
    supervisor.asked();
    supervisor.answered();
    request({ socketPath: join(folder, '1.sock'), path: '/hang' }).on('error', () => undefined).end(); // prettier-ignore
    await until(() => count('is ready') === 2);
    expect(count('has not answered for 300 ms (hangTimeoutMs): it is killed')).toBe(1);
  }, 30_000);

  it('that stops while it is being replaced is not started again', async () => {
    await supervisor.start();
    await rm(join(folder, 'ok'));
    process.kill(pid(), 'SIGKILL');
    await until(() => count('died') === 2);
    await supervisor.stop();
    const deaths = count('died');
    await writeFile(join(folder, 'ok'), '');
    await supervisor.stop();
    expect(count('died')).toBe(deaths);
    expect(existsSync(join(folder, '1.sock'))).toBe(false);
  }, 30_000);
});
