import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiProcesses } from './api-processes.js';

/** Says that it serves, and dies; with the argument `answers`, it has answered somebody before. */
const CHILD = `
process.send({ to: 'ready' });
if (process.argv.includes('answers')) process.send({ to: 'answered' });
setTimeout(() => process.exit(3), 100);
`;

/** Serves and dies, but for the fourth process of all, which dies while it loads: the first that replaces one. */
const CHILD_AFTER_LOSS = `
import { existsSync, writeFileSync } from 'node:fs';
const isOurs = (number) => {
  try { writeFileSync(process.argv[2] + number, '', { flag: 'wx' }); return true; } catch { return false; }
};
let number = 1;
while (!isOurs(number)) number++;
if (number === 4) process.exit(1);
process.send({ to: 'ready' });
process.send({ to: 'answered' });
// All of the first three at once.
setInterval(() => existsSync(process.argv[2] + 3) && setTimeout(() => process.exit(3), 50), 10);
`;

const { argv } = process;
/** Serves, and ends with the code of its first argument when it is to stop. */
const STOPPING_CHILD = `
process.send({ to: 'ready' });
process.on('message', ({ to }) => to === 'stop' && process.exit(Number(process.argv[2])));
`;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bentonest-api-'));
  await writeFile(join(folder, 'child.mjs'), CHILD);
  Logger.overrideLogger(false);
});

afterEach(async () => {
  process.argv = argv;
  Logger.overrideLogger(['log']);
  await rm(folder, { recursive: true });
});

/** Starts three processes; resolves when `deaths` have died, or it is given up. */
async function untilDead(
  deaths: number,
  ...args: readonly string[]
): Promise<readonly [number, string]> {
  process.argv = [process.execPath, join(folder, 'child.mjs'), ...args];
  let dead = 0;
  const outcome = await new Promise<string>((resolve) => {
    const processes = new ApiProcesses(
      { workers: 3, maxRuntimeMs: undefined },
      {
        onStart: (child) =>
          child.once('exit', () => {
            if (++dead < deaths) return;
            processes.kill();
            resolve('goes on');
          }),
        onFailure: () => {
          processes.kill();
          resolve('given up');
        },
      },
    );
    processes.start();
  });
  return [dead, outcome];
}

it('gives up after five deaths of processes that were ready and had answered nobody', async () => {
  expect(await untilDead(6)).toEqual([5, 'given up']);
}, 30_000);

it('goes on where those that died had answered', async () => {
  expect(await untilDead(8, 'answers')).toEqual([8, 'goes on']);
}, 30_000);

it('goes on where the first to come after all had died dies while it loads', async () => {
  await writeFile(join(folder, 'child.mjs'), CHILD_AFTER_LOSS);
  expect(await untilDead(6, join(folder, 'started'))).toEqual([6, 'goes on']);
}, 30_000);

it.each([
  [0, true],
  [1, false],
])(
  'tells whether all could answer what they had: exit code %i, %s',
  async (code, isWhole) => {
    await writeFile(join(folder, 'stopping.mjs'), STOPPING_CHILD);
    process.argv = [process.execPath, join(folder, 'stopping.mjs'), String(code)];
    const processes = new ApiProcesses(
      { workers: 2, maxRuntimeMs: undefined },
      { onStart: () => undefined, onFailure: () => undefined },
    );
    processes.start();
    await vi.waitUntil(() => processes.serving.length === 2, 10_000);
    expect(await processes.stop()).toBe(isWhole);
  },
  30_000,
);
