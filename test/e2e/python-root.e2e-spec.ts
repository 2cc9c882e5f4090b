import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { python, servePython } from './python-apps.js';
import { isAlive, until } from './served-app.js';
import type { ServedApp } from './served-app.js';
import { getRaw, sendRaw, statuses } from './smuggled-requests.js';

const APPS = {
  // Another command: a program of the environment, found by its name. It ignores upgrades, as uvicorn does
  // where websockets is not installed.
  asgi: {
    APP: 'root_app:app',
    OPTIONS: {
      command: ['uvicorn', '{app}', '--uds', '{socket}', '--ws', 'none', '--proxy-headers', '--forwarded-allow-ips', '*', '--header', 'x-served-by:command of {python}'], // prettier-ignore
      trustedProxies: ['127.0.0.0/8'],
    },
  },
  wsgi: {
    APP: '',
    WSGI_APP: 'root_wsgi:app',
    OPTIONS: {
      serverArgs: ['--workers', '2', '--name', 'of-the-test'],
      env: { GREETING: 'hello' },
    },
  },
};

interface Shown {
  readonly by: string;
  readonly url: string;
  readonly client: string;
  readonly root_path: string;
  readonly greeting: string;
  readonly pid: number;
}

describe.skipIf(python === '').each(['asgi', 'wsgi'] as const)('%s at the root', (kind) => {
  let app: ServedApp;

  beforeAll(async () => {
    const { OPTIONS, ...env } = APPS[kind];
    app = await servePython({ ...env, ROOT: '{*splat}', OPTIONS: JSON.stringify(OPTIONS) });
  }, 120_000);

  afterAll(async () => {
    await app.end();
  });

  const shown = async (path: string, headers = {}): Promise<Shown> =>
    (await (await app.get(path, headers)).json()) as Shown;

  it('gets what no route answers, its path whole', async () => {
    expect(await shown('/any/path?a=b')).toMatchObject({
      by: 'python',
      url: `${app.url}/any/path?a=b`,
      root_path: '',
    });
    expect((await app.post('/any', {})).status).toBe(200);
    await until(async () => /endpoint="\/\*"/.test(await (await app.get('/metrics')).text()), 5000);
  });

  it('does not shadow the server’s own routes, though it would answer all of them', async () => {
    expect(await (await app.post('/size', [1])).json()).toEqual({ size: 3 });
    expect(await (await app.get('/metrics')).text()).toContain('bentoml_api_server_request_total');
    for (const path of ['/livez', '/readyz', '/healthz']) {
      expect(await (await app.get(path)).text()).toBe('\n');
    }
    expect(await (await app.get('/docs.json')).json()).toHaveProperty('openapi');
    expect(await (await app.get('/')).text()).toContain('swagger');
  });

  it('is not in the API document, where it has none', async () => {
    const { paths } = (await (await app.get('/docs.json')).json()) as { paths: object };
    expect(Object.keys(paths)).toContain('/size');
    expect(Object.keys(paths).filter((path) => path.includes('openapi'))).toEqual([]);
    // The ASGI one is asked for it, and answers with another JSON; of WSGI, nobody expects one.
    const expected = kind === 'asgi' ? 1 : 0;
    expect(app.output.split('nothing of the application at /*')).toHaveLength(1 + expected);
  });

  it('does not get a wrong method on one of them', async () => {
    for (const path of ['/size', '/metrics', '/readyz', '/docs.json']) {
      const method = path === '/size' ? 'GET' : 'POST';
      const answer = await fetch(app.url + path, { method });
      expect([path, answer.status]).toEqual([path, 405]);
    }
  });

  it.runIf(kind === 'asgi')('may be served by another command', async () => {
    const answer = await app.get('/any');
    expect(answer.headers.get('x-served-by')).toBe(`command of ${python}`);
  });

  it.runIf(kind === 'asgi')('whose server ignores an upgrade gets no second request', async () => {
    const lines = ['GET /any HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket'];
    const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
    const first = [...lines, ...key, '', ''].join('\r\n');
    const received = await sendRaw(app.url, first + getRaw('/smuggled', 'Host: x'));
    expect(statuses(received)).toEqual(['200']);
    expect(received).not.toContain('smuggled');
  });

  it.runIf(kind === 'asgi')('is told what a trusted proxy says of the client', async () => {
    const headers = {
      'x-forwarded-for': '6.6.6.6, 1.2.3.4',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'example.com',
      'x-forwarded-prefix': '/outer',
    };
    const { url, client, root_path: rootPath } = await shown('/any', headers);
    expect([new URL(url).protocol, client, rootPath]).toEqual(['https:', '1.2.3.4', '/outer']);
    expect(new URL(url).pathname).toBe('/outer/any');
  });

  it.runIf(kind === 'wsgi')('has more arguments and variables', async () => {
    expect(await shown('/any')).toMatchObject({ greeting: 'hello' });
    const workers = [...app.output.matchAll(/Booting worker with pid: (\d+)/g)];
    expect(workers).toHaveLength(2);
  });

  // The last one: it is the server's end.
  it('ends when the server is killed', async () => {
    const pids = kind === 'asgi' ? [(await shown('/any')).pid] : [...app.output.matchAll(/Booting worker with pid: (\d+)/g)].map(([, pid]) => Number(pid)); // prettier-ignore
    expect(pids.filter((pid) => isAlive(pid))).toEqual(pids);
    await app.end('SIGKILL');
    const ms = await until(() => !pids.some((pid) => isAlive(pid)), 5000);
    console.info(`gone after ${ms.toFixed(0)} ms (bound 2000)`);
    expect(ms).toBeLessThan(2000);
  });
});
