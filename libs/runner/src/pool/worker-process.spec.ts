import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { RunnerStartError } from '../runner.errors.js';
import { WorkerProcess } from './worker-process.js';

const folder = mkdtempSync(join(tmpdir(), 'worker-process-'));

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a worker that is this program, and resolves to why it ended. */
function runUntilDead(program: string, whileStarting = (): void => {}): Promise<unknown> {
  const init = {
    type: 'init' as const,
    runner: 'echo',
    socketPath: join(folder, `${Math.random()}.sock`),
    warmup: 0,
    moduleUrl: 'file:///none.js',
    className: 'None',
    options: {},
  };
  const command = { file: process.execPath, args: ['-e', program], env: {} };
  return new Promise((resolve, reject) => {
    const events = {
      onReady: () => reject(new Error('It must not become ready.')),
      onDead: (_worker: WorkerProcess, reason: unknown) => resolve(reason),
    };
    const options = { index: 0, startTimeoutMs: 10_000, env: {}, execArgv: undefined, command };
    // oxlint-disable-next-line no-new -- it reports through its events
    new WorkerProcess(init, events, options);
    whileStarting();
  });
}

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

it('says why it did not load, though its exit is heard at the same time', async () => {
  const program = `process.send({ type: 'failed', reason: 'RangeError: no weights\\n at x' });
    process.exit(1)`;
  const reason = await runUntilDead(program, () => block(400));
  expect(reason).toBeInstanceOf(RunnerStartError);
  expect(String(reason)).toContain('Runner "echo" could not start: RangeError: no weights');
});

it('says how it ended, where it said nothing', async () => {
  expect(await runUntilDead('process.exit(7)')).toBe('it exited with code 7');
});

const speaking = (connection: string): string => `
  const { createServer } = require('node:net');
  process.on('message', ({ socketPath }) => {
    createServer((socket) => { ${connection} }).listen(socketPath, () => process.send({ type: 'ready' }));
  });`;

it('names another version of the protocol', async () => {
  const reason = await runUntilDead(
    speaking(
      'const header = Buffer.alloc(24); header[0] = 24; header[4] = 9; socket.write(header);',
    ),
  );
  expect(String(reason)).toMatch(
    /could not start: .*got wire version 9, not 1\. Do both processes/,
  );
});

it('names a connection that ends before the hello, without the path', async () => {
  const reason = String(await runUntilDead(speaking('socket.end()')));
  expect(reason).toContain('Runner "echo" could not start');
  expect(reason).not.toContain(folder);
});
