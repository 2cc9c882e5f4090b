import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { python, servePython, spawnPython } from '../e2e/python-apps.js';
import { isAlive, until } from '../e2e/served-app.js';
import type { ServedApp } from '../e2e/served-app.js';

async function pidOf(server: ServedApp, mount = '/py'): Promise<number> {
  return Number(await (await server.get(`${mount}/pid`)).text());
}

/** Those of the application, in the server's document. */
async function documentedPaths(server: ServedApp): Promise<string[]> {
  const { paths } = (await (await server.get('/docs.json')).json()) as { paths: object };
  return Object.keys(paths).filter((path) => path.startsWith('/py/'));
}

async function errorOf(response: Response): Promise<unknown> {
  return ((await response.json()) as { errorCode: string }).errorCode;
}

describe.skipIf(python === '')('a Python application beside a server that goes on', () => {
  let server: ServedApp;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bentonest-broken-'));
    server = await servePython({ WSGI_APP: 'wsgi_app:app', BROKEN_BY: join(folder, 'reason') });
  }, 120_000);

  afterAll(async () => {
    await server.end('SIGKILL');
    await rm(folder, { recursive: true });
  });

  it('that is killed is 503 within a second, and is replaced', async () => {
    const pid = await pidOf(server);
    const waiting = server.get('/py/sleep?seconds=30');
    await sleep(200);
    const killedAt = performance.now();
    process.kill(pid, 'SIGKILL');
    const broken = await waiting;
    const ms = performance.now() - killedAt;
    console.info(`the request of the killed process was answered after ${ms.toFixed(0)} ms (bound 1000)`); // prettier-ignore
    expect(broken.status).toBe(503);
    expect(ms).toBeLessThan(1000);
    expect(await errorOf(broken)).toBe('MOUNT_UNAVAILABLE');
    const readyz = await server.get('/readyz');
    expect([200, 503]).toContain(readyz.status);
    const told = await readyz.text();
    expect(readyz.status === 200 ? '' : told).toMatch(
      /^(?:|Mount "asgi_app:app" is down or starting: it was ended by SIGKILL\n)$/,
    );
    await until(async () => (await server.get('/py/pid')).status === 200, 10_000);
    expect(await pidOf(server)).not.toBe(pid);
    await server.untilReady();
    expect(await (await server.get('/readyz?verbose')).text()).toMatch(/^Mount ".*" is ready\.$/m);
    expect(server.output).toContain('died: it was ended by SIGKILL');
  }, 60_000);

  it('that hangs is 504 in time, and is replaced', async () => {
    const pid = await pidOf(server);
    const startedAt = performance.now();
    const hung = await server.get('/py/hang');
    const ms = performance.now() - startedAt;
    console.info(`504 after ${ms.toFixed(0)} ms (timeoutMs 2000, bound 3000)`);
    expect([hung.status, await errorOf(hung)]).toEqual([504, 'MOUNT_TIMEOUT']);
    expect(ms).toBeLessThan(3000);
    // It waits for others still; these find no one.
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/py/socket`);
    const denied = once(socket, 'error') as Promise<[Error]>;
    const others = await Promise.all([server.get('/py/pid'), server.get('/py/pid')]);
    expect((await denied)[0].message).toMatch(/50[34]/);
    expect(others.map(({ status }) => status).filter((status) => status < 500)).toEqual([]);
    await until(async () => (await server.get('/py/pid')).status === 200, 20_000);
    expect(await pidOf(server)).not.toBe(pid);
    expect(isAlive(pid)).toBe(false);
  }, 60_000);

  it('that is down is 503 at once, for requests and for WebSockets', async () => {
    const pid = await pidOf(server);
    await writeFile(join(folder, 'reason'), 'no database any more at /srv/secret');
    process.kill(pid, 'SIGKILL');
    await until(() => server.output.includes('RuntimeError: no database any more'), 10_000);
    const readyz = async (): Promise<string> => (await server.get('/readyz')).text();
    // The rest is for the log.
    const why = 'its start failed with RuntimeError, and the log says why';
    await until(async () => (await readyz()).includes('its start'), 5000);
    expect(await readyz()).toBe(`Mount "asgi_app:app" is down or starting: ${why}\n`);
    const startedAt = performance.now();
    const answers = await Promise.all([server.get('/py/pid'), server.post('/py/upload', 'x')]);
    const ms = performance.now() - startedAt;
    console.info(`503 after ${ms.toFixed(0)} ms (bound 1000)`);
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(answers[0].headers.get('retry-after')).toBe('1');
    expect(ms).toBeLessThan(1000);
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/py/socket`);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('503');
    // The API document is without it, and with it again.
    expect(await documentedPaths(server)).toEqual([]);
    expect(server.output).toContain('nothing of the application at /py');
    await rm(join(folder, 'reason'));
    await until(async () => (await server.get('/py/pid')).status === 200, 20_000);
    expect(await documentedPaths(server)).toContain('/py/request/{rest}');
  }, 60_000);

  it('that dies in the midst of an answer cuts it off, and is counted as failed', async () => {
    const answer = await server.get('/py/break');
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
    const metrics = async (): Promise<string> => (await server.get('/metrics')).text();
    await until(async () => (await metrics()).includes('{endpoint="/py",http_response_code="500"'), 5000); // prettier-ignore
    expect(await metrics()).not.toContain('{endpoint="/py",http_response_code="499"');
    expect(server.output).toContain('broke off its answer');
    await until(async () => (await server.get('/py/pid')).status === 200, 10_000);
  }, 60_000);

  it('of WSGI with a body in each of its four threads is none that hangs', async () => {
    const pid = await pidOf(server, '/flask');
    let isOver = false;
    onTestFinished(() => void (isOver = true));
    const pieces = async function* (): AsyncGenerator<Buffer> {
      while (!isOver) {
        yield Buffer.from('piece');
        await sleep(100);
      }
    };
    const upload = (): Promise<Response> => {
      const body = Readable.toWeb(Readable.from(pieces())) as ReadableStream;
      return fetch(`${server.url}/flask/upload`, { method: 'POST', body, duplex: 'half' });
    };
    const uploads = [upload(), upload()];
    const streams = await Promise.all([1, 2].map(() => server.get('/flask/endless')));
    const readers = streams.map(({ body }) => (body as ReadableStream<Uint8Array>).getReader());
    const reads = readers.map(async (reader) => {
      while (!(await reader.read()).done);
    });
    // Nobody has a thread for it, nor for a probe.
    expect((await server.get('/flask/pid')).status).toBe(504);
    // hangTimeoutMs, a look and a probe, from then.
    await Promise.race([sleep(7_000 - 2_000 + 500), ...reads]);
    expect(server.output).not.toContain('wsgi_app:app is killed');
    isOver = true;
    expect((await Promise.all(uploads)).map(({ status }) => status)).toEqual([200, 200]);
    for (const reader of readers) await reader.cancel();
    await until(async () => (await server.get('/flask/pid')).status === 200, 10_000);
    expect(await pidOf(server, '/flask')).toBe(pid);
  }, 60_000);

  it.each(['killed', 'stopped'])(
    'of WSGI whose process is %s is replaced',
    async (how) => {
      const master = await pidOf(server, '/flask');
      const worker = Number(await (await server.get('/flask/worker')).text());
      const waiting = server.get('/flask/sleep?seconds=30');
      await sleep(200);
      // A worker that hangs is the whole application, as gunicorn is set here.
      if (how === 'killed') process.kill(master, 'SIGKILL');
      else process.kill(worker, 'SIGSTOP');
      const { status } = await waiting;
      expect(status).toBe(how === 'killed' ? 503 : 504);
      const successor = async (): Promise<boolean> =>
        (await server.get('/flask/pid')).status === 200;
      await until(successor, 20_000);
      expect(await pidOf(server, '/flask')).not.toBe(master);
      expect([master, worker].filter((pid) => isAlive(pid))).toEqual([]);
    },
    60_000,
  );

  // The last one: it is the server's end.
  it('finishes what runs when the server is asked to end, and ends with it', async () => {
    const pids = [await pidOf(server), await pidOf(server, '/flask')];
    const running = server.get('/py/sleep?seconds=1');
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/py/socket`);
    const closed = once(socket, 'close');
    await once(socket, 'open');
    await sleep(200);
    const ended = server.end('SIGTERM');
    expect(await (await running).json()).toBe(1);
    await closed;
    expect(await ended).toBe(0);
    expect(pids.filter((pid) => isAlive(pid))).toEqual([]);
    expect(server.output).toContain('lifespan begins');
    expect(server.output).toContain('lifespan ends');
  }, 60_000);
});

describe.skipIf(python === '')('a Python application', () => {
  it.each([
    ['APP', 'broken_import', "ModuleNotFoundError: No module named 'nothing_of_this_name'"],
    ['APP', 'broken_lifespan', 'RuntimeError: no database here'],
    [
      'APP',
      'asgi_app:nothing',
      "ImportError: Expected 'nothing' in the module asgi_app. It has no such name.",
    ],
    ['WSGI_APP', 'broken_import', "ModuleNotFoundError: No module named 'nothing_of_this_name'"],
    [
      'WSGI_APP',
      'broken_exit',
      'ImportError: The module broken_exit raised SystemExit: no configuration here',
    ],
    [
      'APP',
      'broken_attribute',
      "ImportError: The module broken_attribute raised AttributeError: module 'os' has no attribute 'no_such_thing'",
    ],
  ])(
    'that does not start stops the start, with its message: %s %s',
    async (variable, name, message) => {
      const app = await spawnPython({ APP: '', [variable]: name });
      const [code] = (await once(app.process, 'exit')) as [number];
      expect(code).not.toBe(0);
      expect(app.output).toContain(`The application "${name}" did not start: ${message}`);
    },
    60_000,
  );

  it('whose command is no program stops the start', async () => {
    const app = await spawnPython({
      OPTIONS: JSON.stringify({ command: ['no-such-server', '{app}'] }),
    });
    const [code] = (await once(app.process, 'exit')) as [number];
    expect(code).not.toBe(0);
    expect(app.output).toContain("did not start: Expected the command of the mount to begin with a program, got 'no-such-server'"); // prettier-ignore
  }, 60_000);

  it('that is down, or hangs, is one for the filters of the application’s own', async () => {
    const reasonPath = join(await mkdtemp(join(tmpdir(), 'bentonest-broken-')), 'reason');
    onTestFinished(() => rm(dirname(reasonPath), { recursive: true }));
    const options = JSON.stringify({ timeoutMs: 300, hangTimeoutMs: 60_000 });
    const env = { FILTERS: '1', BROKEN_BY: reasonPath, OPTIONS: options };
    const server = await servePython(env);
    onTestFinished(async () => void (await server.end('SIGKILL')));
    const answerOf = async (path: string): Promise<unknown[]> => {
      const answer = await server.get(path);
      return [answer.status, await answer.text()];
    };
    expect(await answerOf('/py/sleep?seconds=2')).toEqual([418, 'FilterOfAll: MountTimeoutError']);
    await writeFile(reasonPath, 'no database');
    process.kill(await pidOf(server), 'SIGKILL');
    const unavailable = [418, 'FilterOfUnavailable: MountUnavailableError'];
    await until(async () => JSON.stringify(await answerOf('/py/pid')) === JSON.stringify(unavailable), 5000); // prettier-ignore
    // Once it is known to be down as at the moment of its death.
    await until(() => server.output.includes('RuntimeError: no database'), 10_000);
    expect(await answerOf('/py/pid')).toEqual(unavailable);
  }, 60_000);

  it('ends when the server is killed', async () => {
    const server = await servePython({ WSGI_APP: 'wsgi_app:app' });
    const pids = [await pidOf(server), await pidOf(server, '/flask')];
    // One of them cannot end by itself.
    server.get('/py/hang').catch(() => undefined);
    await sleep(200);
    await server.end('SIGKILL');
    const ms = await until(() => !pids.some((pid) => isAlive(pid)), 6000);
    console.info(`gone after ${ms.toFixed(0)} ms (bound 2000)`);
    expect(ms).toBeLessThan(2000);
  }, 60_000);
});
