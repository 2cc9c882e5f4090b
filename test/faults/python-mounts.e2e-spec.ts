import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { python, servePython, spawnPython } from '../e2e/python-apps.js';
import { isAlive, until } from '../e2e/served-app.js';
import type { ServedApp } from '../e2e/served-app.js';

let app: ServedApp | undefined;

afterEach(async () => {
  await app?.end('SIGKILL');
});

async function pidOf(server: ServedApp, mount = '/py'): Promise<number> {
  return Number(await (await server.get(`${mount}/pid`)).text());
}

async function errorOf(response: Response): Promise<unknown> {
  return ((await response.json()) as { errorCode: string }).errorCode;
}

describe.skipIf(python === '')('a Python application', () => {
  it('that is killed is 503 within a second, and is replaced', async () => {
    const server = (app = await servePython());
    const pid = await pidOf(server);
    const waiting = server.get('/py/sleep?seconds=30');
    await sleep(200);
    const killedAt = performance.now();
    process.kill(pid, 'SIGKILL');
    const broken = await waiting;
    const ms = performance.now() - killedAt;
    console.info(`the request of the killed process was answered after ${ms.toFixed(0)} ms (bound 1000)`); // prettier-ignore
    expect(broken.status).toBe(503);
    expect(await errorOf(broken)).toBe('MOUNT_UNAVAILABLE');
    const readyz = await server.get('/readyz');
    expect([200, 503]).toContain(readyz.status);
    if (readyz.status === 503) {
      expect(await readyz.text()).toMatch(/^Mount ".*" is down or starting\.$/m);
    }
    const meanwhile = await server.get('/py/pid');
    expect([200, 503]).toContain(meanwhile.status);
    await until(async () => (await server.get('/py/pid')).status === 200, 10_000);
    expect(await pidOf(server)).not.toBe(pid);
    await server.untilReady();
    expect(await (await server.get('/readyz?verbose')).text()).toMatch(/^Mount ".*" is ready\.$/m);
    expect(server.output).toContain('died: it was ended by SIGKILL');
  }, 60_000);

  it('that hangs is 504 in time, and is replaced', async () => {
    const server = (app = await servePython());
    const pid = await pidOf(server);
    const startedAt = performance.now();
    const hung = await server.get('/py/hang');
    console.info(`504 after ${(performance.now() - startedAt).toFixed(0)} ms (timeoutMs 2000)`);
    expect([hung.status, await errorOf(hung)]).toEqual([504, 'MOUNT_TIMEOUT']);
    // It waits for others still; these find no one.
    const others = await Promise.all([server.get('/py/pid'), server.get('/py/pid')]);
    expect(others.map(({ status }) => status).filter((status) => status < 500)).toEqual([]);
    await until(async () => (await server.get('/py/pid')).status === 200, 20_000);
    expect(await pidOf(server)).not.toBe(pid);
    expect(isAlive(pid)).toBe(false);
  }, 60_000);

  it('that dies in the midst of an answer cuts it off', async () => {
    const server = (app = await servePython());
    const answer = await server.get('/py/break');
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
    await until(async () => (await server.get('/py/pid')).status === 200, 10_000);
  }, 60_000);

  it.each([
    ['broken_import', "ModuleNotFoundError: No module named 'nothing_of_this_name'"],
    ['no_such_module', "ModuleNotFoundError: No module named 'no_such_module'"],
    ['broken_lifespan', 'RuntimeError: no database here'],
    ['asgi_app:nothing', "Expected 'nothing' in the module asgi_app. It has no such name."],
  ])(
    'that does not start stops the start, with its message: %s',
    async (name, message) => {
      app = await spawnPython({ APP: name });
      const [code] = (await once(app.process, 'exit')) as [number];
      expect(code).not.toBe(0);
      expect(app.output).toContain(`The application "${name}" did not start`);
      expect(app.output).toContain(message);
    },
    60_000,
  );

  it('finishes what runs when the server is asked to end, and ends with it', async () => {
    const server = (app = await servePython({ WSGI_APP: 'wsgi_app:app' }));
    const pids = [await pidOf(server), await pidOf(server, '/flask')];
    const running = server.get('/py/sleep?seconds=1');
    await sleep(200);
    const ended = server.end('SIGTERM');
    expect(await (await running).json()).toBe(1);
    expect(await ended).toBe(0);
    expect(pids.filter((pid) => isAlive(pid))).toEqual([]);
    expect(server.output).toContain('lifespan begins');
    expect(server.output).toContain('lifespan ends');
  }, 60_000);

  it('ends when the server is killed', async () => {
    const server = (app = await servePython({ WSGI_APP: 'wsgi_app:app' }));
    const pids = [await pidOf(server), await pidOf(server, '/flask')];
    // One of them cannot end by itself.
    server.get('/py/hang').catch(() => undefined);
    await sleep(200);
    await server.end('SIGKILL');
    const ms = await until(() => !pids.some((pid) => isAlive(pid)), 6000);
    console.info(`gone after ${ms.toFixed(0)} ms (bound 6000)`);
    expect(pids.filter((pid) => isAlive(pid))).toEqual([]);
  }, 60_000);
});
