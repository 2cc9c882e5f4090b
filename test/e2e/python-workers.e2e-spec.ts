import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { python, servePython, talkToSockets } from './python-apps.js';
import { isAlive, until } from './served-app.js';
import type { ServedApp } from './served-app.js';

const CLASSES = [[0, 2], [0, 2], [0, 2]]; // prettier-ignore

describe.skipIf(python === '')('Python applications beside two API processes', () => {
  let app: ServedApp;
  const pids = new Map<string, Set<number>>();

  beforeAll(async () => {
    const SERVE = JSON.stringify({ workers: 2, host: '127.0.0.1' });
    app = await servePython({ WSGI_APP: 'wsgi_app:app', SERVE });
  }, 120_000);

  afterAll(async () => {
    await app.end('SIGKILL');
  });

  /** By a connection of its own: whichever process takes it. */
  const ask = async (path: string): Promise<unknown> => {
    const sent = get(app.url + path, { agent: false });
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    expect([path, answer.statusCode]).toEqual([path, 200]);
    return json(answer);
  };

  it.each(['/py', '/flask'])('are one at %s for each of them', async (mount) => {
    const seen = new Set<number>();
    pids.set(mount, seen);
    await until(async () => seen.add((await ask(`${mount}/pid`)) as number).size === 2, 15_000);
    expect([...seen].every((pid) => isAlive(pid))).toBe(true);
  });

  it('call the runners, which all of them share', async () => {
    const asked = Array.from({ length: 8 }, () => ask('/py/predict'));
    expect(await Promise.all(asked)).toEqual(asked.map(() => CLASSES));
    const byFlask = Array.from({ length: 8 }, () => ask('/flask/predict'));
    expect(await Promise.all(byFlask)).toEqual(byFlask.map(() => [2]));
    // Each process says which ones there are.
    const workers = new Set(app.workerPids);
    expect([...workers].filter((pid) => isAlive(pid))).toHaveLength(2);
  });

  it('have calls in one batch with those of the services', async () => {
    const ofPython = ask('/py/batch_sizes') as Promise<number[]>;
    // One call of one row at a time: who else is in its batch is Python's, of three rows each, and the reverse.
    const ofNode = new Set<number>();
    const endsAt = performance.now() + 1000;
    while (performance.now() < endsAt) ofNode.add(((await ask('/batchSize')) as number[])[0]);
    const isShared = (size: number): boolean => size > 1 && size % 3 === 1;
    expect((await ofPython).filter(isShared)).not.toEqual([]);
    expect([...ofNode].filter(isShared)).not.toEqual([]);
    expect([...ofNode].filter((size) => size !== 1 && !isShared(size))).toEqual([]);
  });

  it('have WebSockets, each with the process that it came to', async () => {
    const answers = await talkToSockets(app, 20);
    expect(answers).toEqual(answers.map((_, index) => `/py hello ${index}`));
  });

  it('are in the API document, once', async () => {
    const { paths } = (await ask('/docs.json')) as { paths: object };
    expect(Object.keys(paths).filter((path) => path === '/py/pid')).toHaveLength(1);
  });

  it('end with the server', async () => {
    const all = [...pids.values()].flatMap((seen) => [...seen]);
    expect(all).toHaveLength(4);
    expect(await app.end()).toBe(0);
    expect(all.filter((pid) => isAlive(pid))).toEqual([]);
  });
});
