import { afterEach, expect, it } from 'vitest';
import { isAlive, until } from '../e2e/served-app.js';
import type { ServedApp } from '../e2e/served-app.js';
import { childPids } from './child-processes.js';
import { LONG_LINES, MAX_END_MS, askForLines, endOf, startLogApp } from './log-app.js';

let app: ServedApp | undefined;

afterEach(async () => {
  await app?.end('SIGKILL');
  app = undefined;
});

/** By connections of their own: they go to the processes in turn. */
async function ask(server: ServedApp, count: number): Promise<Set<number>> {
  const { statuses, pids } = await askForLines(server, count, { connection: 'close' });
  expect([...statuses]).toEqual([[200, count]]);
  return pids;
}

// All processes write to the one pipe: each must get by with it, and with its end.
it.each([
  ['nobody reads', 600, () => undefined],
  ['is closed', 600, (server: ServedApp) => void server.process.stdout?.destroy()],
])(
  'standard output that %s: both API processes serve on, and all end in order',
  async (_what, count, spoil) => {
    const server = (app = await startLogApp({ apiProcesses: 2, logging: LONG_LINES }, 'unread'));
    // The second one may come a little later than the first.
    await until(async () => (await ask(server, 50)).size === 2, 10_000);
    spoil(server);
    const children = childPids(server.process.pid);
    expect((await ask(server, count)).size).toBe(2);
    expect(childPids(server.process.pid)).toEqual(children);
    const endMs = await endOf(server);
    console.info(`${count} answered; ended in ${endMs.toFixed(0)} ms (bound ${MAX_END_MS})`);
    expect(endMs).toBeLessThanOrEqual(MAX_END_MS);
    await until(() => !children.some((pid) => isAlive(pid)), 2000);
  },
  60_000,
);
