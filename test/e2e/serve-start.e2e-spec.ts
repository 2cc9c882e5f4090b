import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { childPids } from '../faults/child-processes.js';
import { ServedApp, isAlive, until } from './served-app.js';

const entry = 'dist/test/fixtures/served-app/main.js';
let app: ServedApp | undefined;

afterEach(async () => {
  await app?.end('SIGKILL');
});

it('an application that serve() did not make names what is set and not applied', async () => {
  app = await ServedApp.spawn({
    entry: 'dist/test/fixtures/error-app/main.js',
    env: {
      BENTONEST__SERVER__WORKERS: '2',
      BENTONEST__SERVER__TIMEOUT_MS: '5000',
      BENTONEST__SSL__CERT_FILE: '/none/cert.pem',
      BENTONEST__SSL__PASSPHRASE: 'hunter2',
    },
  });
  await until(async () => (await app?.get('/livez'))?.status === 200, 20_000);
  const warnings = app.output.split('\n').filter((line) => line.includes('not applied'));
  expect(warnings).toEqual([
    expect.stringContaining(
      'Set, but not applied: server.workers (BENTONEST__SERVER__WORKERS), ssl.certFile (BENTONEST__SSL__CERT_FILE), ' +
        'ssl.passphrase (BENTONEST__SSL__PASSPHRASE). Only serve() of bentonest applies them: start',
    ),
  ]);
  expect(app.output).not.toContain('hunter2');
});

it.each([1, 2])(
  'a server that an API process of another one starts serves as any, %i processes',
  async (workers) => {
    // What it has inherited says that it is one of those processes.
    const env = { OPTIONS: JSON.stringify({ workers }), BENTONEST_API_PROCESS: '1' };
    const served = (app = await ServedApp.start({ entry, env }));
    expect((await served.get('/whoami')).status).toBe(200);
    expect(served.complaints).toEqual([]);
    expect(await served.end()).toBe(0);
  },
);

it('a port that is taken while the application starts ends it in the same line, and leaves no child', async () => {
  const START_MS = 1000;
  app = await ServedApp.spawn({
    entry,
    env: { OPTIONS: JSON.stringify({ host: '127.0.0.1' }), START_MS: String(START_MS) },
  });
  const port = Number(new URL(app.url).port);
  const { process: child } = app;
  // The port was free: what the log begins with comes after that.
  await until(() => app?.output !== '', 20_000);
  const taken = createServer().listen(port, '127.0.0.1');
  await once(taken, 'listening');
  const startedAt = performance.now();
  const exited = once(child, 'close') as Promise<[number]>;
  const children = new Set<number>();
  await until(() => {
    for (const pid of childPids(child.pid)) children.add(pid);
    return child.exitCode !== null;
  }, 20_000);
  const ms = performance.now() - startedAt;
  const [code] = await exited;
  taken.close();
  console.info(`exit after ${ms.toFixed(0)} ms (bound ${START_MS + 2000})`);
  expect(code).toBe(1);
  expect(ms).toBeLessThan(START_MS + 2000);
  expect(app.errorOutput).toBe('');
  const complaints = app.records.filter(({ level }) => level >= 40);
  expect(complaints.map(({ level, code: name, msg }) => [level, name, msg])).toEqual([
    [
      60,
      'LISTEN_FAILED',
      expect.stringContaining(`Cannot listen at port ${port} of 127.0.0.1: another process`),
    ],
  ]);
  await until(() => ![...children].some((pid) => isAlive(pid)), 2000);
});
