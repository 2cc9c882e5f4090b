import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { ServedApp, freePort } from './served-app.js';

const entry = 'dist/test/fixtures/served-app/main.js';
const host = '127.0.0.1';

let app: ServedApp | undefined;

afterEach(async () => {
  await app?.end('SIGKILL');
  app = undefined;
});

/** Processes that have a text in their environment. */
function processesWith(mark: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark);
    } catch {
      // It has ended, or is another user's.
      return false;
    }
  });
}

it('without a token all may read there, and nobody may change anything', async () => {
  const port = await freePort();
  const OPTIONS = JSON.stringify({ admin: { port, host } });
  app = await ServedApp.start({ entry, env: { OPTIONS } });
  const admin = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://${host}:${port}${path}`, init);
  for (const path of ['/metrics', '/livez', '/readyz', '/healthz', '/loglevel']) {
    expect([path, (await admin(path)).status]).toEqual([path, 200]);
  }
  for (const authorization of ['', 'Bearer ', 'Bearer undefined']) {
    const headers = { authorization, 'content-type': 'application/json' };
    const answer = await admin('/loglevel', { method: 'PUT', headers, body: '{"level":"debug"}' });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({
      errorCode: 'ADMIN_UNAUTHORIZED',
      message: expect.stringContaining('set admin.token') as string,
    });
  }
  expect(await (await admin('/loglevel')).json()).toEqual({ level: 'info' });
  for (const path of ['/metrics', '/loglevel']) {
    const put = await fetch(app.url + path, { method: 'PUT' });
    expect([path, put.status, (await app.get(path)).status]).toEqual([path, 404, 404]);
  }
  for (const path of ['/livez', '/readyz', '/healthz', '/docs.json', '/whoami']) {
    expect([path, (await app.get(path)).status]).toEqual([path, 200]);
  }
});

it.skipIf(process.platform !== 'linux').each(['admin', 'public'])(
  'of several processes, none is left where the %s port is taken',
  async (which) => {
    const taken = createServer().listen(0, host);
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const adminPort = which === 'admin' ? port : await freePort();
    const MARK = randomUUID();
    const options = { workers: 2, host, admin: { port: adminPort, host } };
    const env = { OPTIONS: JSON.stringify(options), MARK };
    app = await ServedApp.spawn({
      entry,
      env: which === 'admin' ? env : { ...env, PORT: String(port) },
    });
    expect(processesWith(MARK)).toEqual([String(app.process.pid)]);
    const [code] = (await once(app.process, 'close')) as [number];
    expect(code).toBe(1);
    expect(app.records.map(({ level, msg }) => [level, msg])).toEqual([
      [60, expect.stringContaining(`Cannot listen at port ${port} of ${host}: another process`)],
    ]);
    expect(processesWith(MARK)).toEqual([]);
    taken.close();
  },
);
