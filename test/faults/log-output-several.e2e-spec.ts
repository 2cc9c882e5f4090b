import { afterEach, expect, it } from 'vitest';
import { ServedApp, isAlive, until } from '../e2e/served-app.js';
import type { LogAppOptions } from '../fixtures/log-app/main.js';
import { childPids } from './child-processes.js';

const entry = 'dist/test/fixtures/log-app/main.js';
// Long lines, so that few requests fill what there is to fill.
const LOG_APP = JSON.stringify({
  apiProcesses: 2,
  logging: { access: { fields: ['status', 'userAgent', 'query'] } },
} satisfies LogAppOptions);
const MAX_END_MS = 5000;
const LONG = 'a'.repeat(500);

let app: ServedApp | undefined;

afterEach(async () => {
  await app?.end('SIGKILL');
  app = undefined;
});

/** Requests that log a line each, and some that log in a worker, too; the processes that answered. */
async function ask(server: ServedApp, count: number): Promise<Set<number>> {
  const pids = new Set<number>();
  const askOne = async (number: number): Promise<void> => {
    const headers = { 'user-agent': LONG, connection: 'close' };
    const answer =
      number % 10 === 0
        ? await server.post(`/talk?q=${LONG}`, { runner: 'node' }, headers)
        : await server.post(`/pid?q=${LONG}`, undefined, headers);
    expect(answer.status).toBe(200);
    if (number % 10 !== 0) pids.add(Number(await answer.text()));
    else await answer.arrayBuffer();
  };
  for (let at = 0; at < count; at += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, number) => askOne(number)));
  }
  return pids;
}

// All processes write to the one pipe: each must get by with it, and with its end.
it.each([
  ['nobody reads', 600, () => undefined],
  ['is closed', 600, (server: ServedApp) => void server.process.stdout?.destroy()],
])(
  'standard output that %s: both API processes serve on, and all end in order',
  async (_what, count, spoil) => {
    const server = (app = await ServedApp.start({ entry, env: { LOG_APP }, stdout: 'unread' }));
    // The second one may come a little later than the first.
    await until(async () => (await ask(server, 50)).size === 2, 10_000);
    spoil(server);
    const children = childPids(server.process.pid);
    expect((await ask(server, count)).size).toBe(2);
    expect(childPids(server.process.pid)).toEqual(children);
    const startedAt = performance.now();
    expect(await server.end()).toBe(0);
    const endMs = performance.now() - startedAt;
    console.info(`${count} answered; ended in ${endMs.toFixed(0)} ms (bound ${MAX_END_MS})`);
    expect(endMs).toBeLessThanOrEqual(MAX_END_MS);
    await until(() => !children.some((pid) => isAlive(pid)), 2000);
  },
  60_000,
);
