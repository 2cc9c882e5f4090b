import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, expect, it } from 'vitest';
import { ServedApp, isAlive, until } from '../e2e/served-app.js';
import { meetBounds } from './bounds.js';
import { childPids } from './child-processes.js';
import { Load } from './load.js';

/** shutdownGraceMs by default. */
const GRACE_MS = 10_000;
const FLOWER = [[6.2, 3.2, 5.2, 2.2]];
let app: ServedApp | undefined;

afterEach(async () => {
  await app?.end('SIGKILL');
});

/** Of this test's servers alone. */
const TMPDIR = mkdtempSync(join(tmpdir(), 'sockets-'));
afterAll(() => rmSync(TMPDIR, { recursive: true }));

const socketFolders = (): string[] =>
  readdirSync(TMPDIR).filter((name) => /^bentonest-\w{6}$/.test(name));

it('SIGTERM under load: what is in flight is answered, exit 0, no child or socket is left', async () => {
  const before = socketFolders();
  // This process asks each 20 ms, has the 32 clients, and may itself have to wait.
  await meetBounds(async () => {
    const server = (app = await ServedApp.start({ env: { TMPDIR } }));
    const workers = childPids(server.process.pid);
    expect(workers).toHaveLength(1);
    expect(socketFolders()).toHaveLength(before.length + 1);
    const load = new Load(32, () => server.post('/classify', FLOWER));
    await sleep(500);
    const startedAt = performance.now();
    const exited = server.end('SIGTERM');
    const told = until(async () => (await server.get('/readyz')).status === 503, 2000);
    await load.stop();
    expect(load.unanswered).toEqual([]);
    expect([...load.statuses.keys()]).toEqual([200]);
    const toldMs = await told;
    expect(await exited).toBe(0);
    const endedMs = performance.now() - startedAt;
    await until(() => !workers.some((pid) => isAlive(pid)), 2000);
    expect(socketFolders()).toEqual(before);
    return [
      { name: '/readyz 503 after ms', value: toldMs, atMost: 100 },
      { name: 'exit after ms', value: endedMs, atMost: GRACE_MS },
    ];
  });
});

it('SIGTERM: what comes by a connection that was opened at the last moment is served, and not refused unseen', async () => {
  const server = (app = await ServedApp.start());
  const exited = server.end('SIGTERM');
  // The port closes after 200 ms; idle connections are closed soon after.
  const answers = Array.from({ length: 12 }, async (_, at) => {
    await sleep(60 + 15 * at);
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    await sleep(40);
    socket.write('GET /docs.json HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return text(socket).catch(() => '');
  });
  const received = (await Promise.all(answers)).filter((answer) => answer !== '');
  const heads = received.map((answer) => answer.slice(0, answer.indexOf('\r\n')));
  console.info(`${heads.length} of 12 answered`);
  expect(new Set(heads)).toEqual(new Set(['HTTP/1.1 200 OK']));
  expect(await exited).toBe(0);
});

it('SIGKILL of the server: its workers exit within 2 s and remove their sockets', async () => {
  const before = socketFolders();
  app = await ServedApp.start({ env: { TMPDIR } });
  const workers = childPids(app.process.pid);
  await app.end('SIGKILL');
  const ms = await until(() => !workers.some((pid) => isAlive(pid)), 2000);
  console.info(`workers gone after ${ms.toFixed(0)} ms (bound 2000)`);
  expect(socketFolders()).toEqual(before);
  // Nothing of it stands in the way of the next.
  const PORT = new URL(app.url).port;
  app = await ServedApp.start({ env: { PORT, TMPDIR } });
  expect((await app.post('/classify', FLOWER)).status).toBe(200);
});
