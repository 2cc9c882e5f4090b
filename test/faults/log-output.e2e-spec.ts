import { once } from 'node:events';
import { openSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { until } from '../e2e/served-app.js';
import type { ServedApp } from '../e2e/served-app.js';
import { residentMb } from './fault-app.js';
import { LONG_LINES, MAX_END_MS, askForLines, endOf, startLogApp } from './log-app.js';

const MAX_GROWTH_MB = 48;

let app: ServedApp | undefined;

afterEach(async () => {
  await app?.end('SIGKILL');
  app = undefined;
});

it('standard output that nobody reads: the server serves on; what was dropped is told, and adds up', async () => {
  const server = (app = await startLogApp({ logging: LONG_LINES }, 'unread'));
  const pid = server.process.pid ?? 0;
  await askForLines(server, 200);
  const before = residentMb(pid);
  const count = 1600;
  const startedAt = performance.now();
  const { statuses } = await askForLines(server, count);
  const elapsed = performance.now() - startedAt;
  const growth = residentMb(pid) - before;
  console.info(
    `${count} requests in ${elapsed.toFixed(0)} ms; ${growth.toFixed(1)} MiB more (bound ${MAX_GROWTH_MB})`,
  );
  expect([...statuses]).toEqual([[200, count]]);
  expect(growth).toBeLessThanOrEqual(MAX_GROWTH_MB);
  server.readOutput();
  const isGap = ({ dropped, pid: of }: { dropped?: unknown; pid: number }): boolean =>
    dropped !== undefined && of === pid;
  await until(() => server.records.some((record) => isGap(record)), 10_000);
  const dropped = server.records
    .filter((record) => isGap(record))
    .map((gap) => Number(gap.dropped));
  const lines = server.records.filter((record) => record.pid === pid && !isGap(record));
  // Of each request that talks, two more; and those before the first request.
  const first = lines.findIndex(({ status }) => status !== undefined);
  const sent = (count + 200) * 1.2 + first - 2;
  const told = dropped.reduce((sum, number) => sum + number, 0);
  console.info(`${lines.length} lines written, ${told} dropped, of ${sent}`);
  expect(told).toBeGreaterThan(200);
  expect(Math.abs(lines.length + told - sent)).toBeLessThanOrEqual(2);
  await askForLines(server, 50);
  await until(() => server.records.at(-1)?.status === 200, 5000);
  const endMs = await endOf(server);
  console.info(`ended in ${endMs.toFixed(0)} ms (bound ${MAX_END_MS})`);
}, 60_000);

it('a server whose standard output is full ends when it is asked to', async () => {
  const server = (app = await startLogApp({ logging: LONG_LINES }, 'unread'));
  await askForLines(server, 1400);
  const endMs = await endOf(server);
  console.info(`ended in ${endMs.toFixed(0)} ms (bound ${MAX_END_MS})`);
  expect(endMs).toBeLessThanOrEqual(MAX_END_MS);
}, 60_000);

it.each([
  [
    'closed',
    async () => {
      const server = await startLogApp({ logging: LONG_LINES }, 'unread');
      server.process.stdout?.destroy();
      return server;
    },
  ],
  ['a disk that is full', () => startLogApp({ logging: LONG_LINES }, openSync('/dev/full', 'w'))],
])(
  'standard output is %s: the server serves on, and ends in order',
  async (_what, start) => {
    const server = (app = await start());
    await askForLines(server, 200);
    const before = residentMb(server.process.pid ?? 0);
    const { statuses } = await askForLines(server, 1400);
    const growth = residentMb(server.process.pid ?? 0) - before;
    expect([...statuses]).toEqual([[200, 1400]]);
    const endMs = await endOf(server);
    console.info(
      `${growth.toFixed(1)} MiB more (bound ${MAX_GROWTH_MB}); ended in ${endMs.toFixed(0)} ms (bound ${MAX_END_MS})`,
    );
    expect(growth).toBeLessThanOrEqual(MAX_GROWTH_MB);
    expect(endMs).toBeLessThanOrEqual(MAX_END_MS);
  },
  60_000,
);

it('an error that ends the process ends it with its last lines written', async () => {
  const server = (app = await startLogApp());
  const exited = once(server.process, 'close');
  await server.post('/crash').catch(() => undefined);
  await exited;
  expect(server.records.at(-1)?.msg).toBe('POST /crash 200');
  expect(server.output).toContain('Error: on purpose');
});
