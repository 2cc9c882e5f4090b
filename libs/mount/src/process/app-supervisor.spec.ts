import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProcessLife } from 'bentonest/runner';
import { AppProcess } from './app-process.js';
import { AppSupervisor } from './app-supervisor.js';

/**
 * Serves as long as the file `ok` is there when it starts; with `dies`, until it was asked once. With `mute` it never
 * comes to an end of its answer's head, with `deaf` it listens nowhere. Its paths are what it does.
 */
const SERVER = `
const { existsSync } = require('node:fs');
if (existsSync('deaf')) return setInterval(() => undefined, 1000);
if (existsSync('mute')) {
  console.log('ERROR: of no account');
  const server = require('node:net').createServer((socket) => {
    socket.on('error', () => undefined).write('HTTP/1.1 200 O');
    setInterval(() => socket.write('K'), 50);
  });
  return server.listen(process.argv[1]);
}
if (!existsSync('ok')) { console.error('RuntimeError: no database'); process.exit(1); }
require('node:http').createServer((request, response) => {
  if (request.url === '/hang') for (;;);
  response.end();
  if (existsSync('dies')) setTimeout(() => process.exit(3), 100);
}).listen(process.argv[1]);
`;

let folder: string;
let supervisor: AppSupervisor;
let lines: string[];
let lives: ProcessLife[];
let deaths: number;
/** Takes note in the place of the real policy, which would have us wait. */
const notes = {
  afterDeath: (_now: number, life: ProcessLife) => {
    lives.push(life);
    return { delayMs: 0, failed: lives.length === 3 };
  },
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bentonest-app-'));
  await writeFile(join(folder, 'ok'), '');
  lines = [];
  lives = [];
  deaths = 0;
  supervisor = supervise();
});

function supervise(policy?: typeof notes, startTimeoutMs = 20_000): AppSupervisor {
  const write = (line: string): void => void lines.push(line);
  const log = { debug: write, log: write, warn: write, error: write };
  const socketPath = join(folder, '1.sock');
  const args = ['-e', `(() => {${SERVER}})()`, socketPath];
  const limits = {
    name: 'app',
    startTimeoutMs,
    hangTimeoutMs: 300,
    graceMs: 1000,
    onDeath: () => deaths++,
  };
  const command = { file: process.execPath, args, cwd: folder, env: {}, socketPath };
  return new AppSupervisor(command, limits, log, policy);
}

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
    expect([supervisor.isUp, deaths]).toEqual([true, 1]);
  }, 30_000);

  it('that does not start any more is tried again, later and later, and then has failed', async () => {
    await supervisor.start();
    supervisor.asked();
    supervisor.answered();
    await rm(join(folder, 'ok'));
    process.kill(pid(), 'SIGKILL');
    await until(() => supervisor.status.state !== 'ready');
    expect(supervisor.isUp).toBe(false);
    await until(() => supervisor.status.state === 'failed');
    // The death that it had served before, and the five of a crash loop.
    expect(count('died: it was ended by SIGKILL')).toBe(1);
    expect(count('died: it exited with code 1')).toBe(5);
    // Of one that served.
    expect(deaths).toBe(1);
    expect(supervisor.status.reason).toBe(
      'its start failed with RuntimeError, and the log says why',
    );
    expect(count('app does not start: RuntimeError: no database. It is tried again every 30 s.')).toBe(1); // prettier-ignore
  }, 30_000);

  it('that dies when it is ready, before it has served anybody, is in a crash loop', async () => {
    await writeFile(join(folder, 'dies'), '');
    supervisor = supervise(notes);
    await supervisor.start();
    await until(() => supervisor.status.state === 'failed');
    const life = { readyAt: expect.any(Number), hasAnswered: false };
    expect(lives).toEqual([life, life, life]);
    expect(supervisor.status.reason).toBe('it exited with code 3');
    await rm(join(folder, 'dies'));
    await until(() => supervisor.isUp);
    supervisor.asked();
    supervisor.answered();
    process.kill(pid(), 'SIGKILL');
    await until(() => lives.at(-1)?.hasAnswered === true);
  }, 30_000);

  it('that hangs is replaced, also where another request was answered before', async () => {
    await supervisor.start();
    supervisor.asked();
    supervisor.asked();
    supervisor.answered();
    request({ socketPath: join(folder, '1.sock'), path: '/hang' }).on('error', () => undefined).end(); // prettier-ignore
    await until(() => count('is ready') === 2);
    const reason = 'it has not answered for 300 ms (hangTimeoutMs)';
    expect([count(`app is killed: ${reason}`), count(`died: ${reason}`)]).toEqual([1, 1]);
  }, 30_000);

  it('that answers nobody, but goes on with bodies, lives until it does not', async () => {
    await supervisor.start();
    const probes = vi.spyOn(AppProcess.prototype, 'answers');
    request({ socketPath: join(folder, '1.sock'), path: '/hang' }).on('error', () => undefined).end(); // prettier-ignore
    supervisor.asked();
    const pieces = setInterval(() => supervisor.progressed(), 20);
    // Four looks.
    await new Promise((resolve) => setTimeout(resolve, 1200));
    clearInterval(pieces);
    expect([probes.mock.calls.length, count('is killed')]).toEqual([0, 0]);
    // The next piece comes while it is probed.
    probes.mockImplementationOnce(() => {
      supervisor.progressed();
      return Promise.resolve(false);
    });
    await until(() => probes.mock.calls.length === 1);
    expect(count('is killed')).toBe(0);
    await until(() => count('is ready') === 2);
    expect(count('app is killed: it has not answered for 300 ms (hangTimeoutMs)')).toBe(1);
    probes.mockRestore();
  }, 30_000);

  it.each([
    ['deaf', 300, 'nobody listened at its socket within 300 ms (startTimeoutMs)'],
    ['mute', 1500, 'its socket takes connections, but it gave no answer that is HTTP within 1500 ms (startTimeoutMs)'], // prettier-ignore
  ])(
    'that is %s does not start, and says so',
    async (how, timeoutMs, why) => {
      await writeFile(join(folder, how), '');
      supervisor = supervise(notes, timeoutMs);
      await expect(supervisor.start()).rejects.toMatchObject({
        code: 'MOUNT_START_FAILED',
        message: `The application "app" did not start: ${why}`,
      });
    },
    30_000,
  );

  it('that is mute when it is started again is tried again, and says so', async () => {
    supervisor = supervise(notes, 3000);
    await supervisor.start();
    await writeFile(join(folder, 'mute'), '');
    process.kill(pid(), 'SIGKILL');
    const why = 'it gave no answer that is HTTP within 3000 ms (startTimeoutMs)';
    await until(() => supervisor.status.reason?.endsWith(why) === true);
    await rm(join(folder, 'mute'));
    await until(() => supervisor.isUp);
    expect(supervisor.status.reason).toBeUndefined();
  }, 30_000);

  it('that stops while it is being replaced is not started again', async () => {
    await supervisor.start();
    await rm(join(folder, 'ok'));
    process.kill(pid(), 'SIGKILL');
    await until(() => count('died') === 2);
    await supervisor.stop();
    const before = count('died');
    await writeFile(join(folder, 'ok'), '');
    await supervisor.stop();
    expect(count('died')).toBe(before);
    expect(existsSync(join(folder, '1.sock'))).toBe(false);
  }, 30_000);
});
