import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ServeOptions } from 'bentonest';
import { childPids } from '../faults/child-processes.js';
import { ServedApp, freePort, isAlive, until } from './served-app.js';

const entry = 'dist/test/fixtures/served-app/main.js';
const tls = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));
const TOKEN = 'a-token-of-the-operators-0123456789';

let folder: string;
let app: ServedApp | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bentonest-serve-'));
});

afterEach(async () => {
  await app?.end('SIGKILL');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function spawn(options: ServeOptions, env: Record<string, string> = {}): Promise<ServedApp> {
  return ServedApp.spawn({ entry, env: { OPTIONS: JSON.stringify(options), ...env } });
}

async function start(options: ServeOptions, env?: Record<string, string>): Promise<ServedApp> {
  app = await spawn(options, env);
  await app.untilReady();
  return app;
}

const portOf = ({ url }: ServedApp): number => Number(new URL(url).port);

/** What is answered to a head that does not come to its end. */
async function answerToHalf(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /livez HTTP/1.1\r\nHost: a\r\n');
  return text(socket);
}

/** The certificate that a server shows: its common name. */
async function certificateOf(port: number): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return [subject.CN].flat()[0] ?? '';
}

async function overHttps(port: number, path: string): Promise<unknown> {
  const sent = httpsRequest({ port, host: '127.0.0.1', path, rejectUnauthorized: false }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return json(answer);
}

async function overHttp2(origin: string, path: string): Promise<[number, string]> {
  const session = connectHttp2(origin, { rejectUnauthorized: false });
  // The request fails with it.
  session.on('error', () => undefined);
  const stream = session.request({ ':path': path });
  const [headers] = (await once(stream, 'response')) as [{ ':status': number }];
  const body = await text(stream);
  session.close();
  return [headers[':status'], body];
}

describe.each([1, 2])('TLS in %i processes', (workers) => {
  it('serves HTTPS and HTTP/2, and takes certificates that are renewed', async () => {
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await copyFile(tls('old.cert'), certFile);
    await copyFile(tls('old.key'), keyFile);
    app = await spawn({ ssl: { certFile, keyFile }, http2: true, workers });
    const port = portOf(app);
    await until(async () => (await certificateOf(port)) === 'old.test', 20_000);
    expect(await overHttps(port, '/whoami')).toMatchObject({ protocol: 'https', version: '1.1' });
    const [status, body] = await overHttp2(`https://127.0.0.1:${port}`, '/whoami');
    expect([status, JSON.parse(body)]).toMatchObject([200, { protocol: 'https', version: '2.0' }]);
    expect(await overHttp2(`https://127.0.0.1:${port}`, '/none')).toMatchObject([404, {}]);
    // Of two files one is written first: until both are there, the old pair holds.
    await copyFile(tls('new.cert'), certFile);
    await until(() => app?.output.includes('the old one holds') === true, 10_000);
    expect(await certificateOf(port)).toBe('old.test');
    await copyFile(tls('new.key'), keyFile);
    await until(async () => (await certificateOf(port)) === 'new.test', 10_000);
    expect(await app.end()).toBe(0);
  }, 40_000);
});

it('HTTP/2 without TLS is served to those who know it', async () => {
  app = await spawn({ http2: true });
  const { url } = app;
  await until(async () => (await overHttp2(url, '/readyz'))[0] === 200, 20_000);
  const [, body] = await overHttp2(url, '/whoami');
  expect(JSON.parse(body)).toMatchObject({ protocol: 'http', version: '2.0' });
  expect(await app.end()).toBe(0);
});

describe('what is wrong stops the start, in a line', () => {
  it.each<[string, ServeOptions, Record<string, string>, string]>([
    [
      'a file of TLS that is not there',
      { ssl: { certFile: '/none/cert.pem', keyFile: '/none/key.pem' } },
      {},
      'Expected certFile of ssl to be a readable file in PEM, got "/none/cert.pem" (ENOENT).',
    ],
    [
      'half of TLS',
      { ssl: { certFile: 'a' } },
      {},
      'Expected ssl of the server to be certFile and',
    ],
    ['CORS for nobody', { cors: {} }, {}, 'Expected cors of the server to be origins, or ["*"]'],
    [
      'a variable that sets nothing',
      {},
      { BENTONEST__SERVER__PROT: '1' },
      'BENTONEST__SERVER__PROT: there is no key "PROT" in server;',
    ],
    [
      'an api that is not there',
      {},
      { BENTONEST__SERVICES__WITNESS__APIS__SLO__TIMEOUT_MS: '1' },
      'The configuration sets services.witness.apis.slo, but the application has no api "slo". The nearest: slow, whoami.',
    ],
    [
      'a runner that is not there',
      {},
      { BENTONEST__RUNNERS__TRIPLER__WORKERS: '1' },
      'The configuration sets runners.tripler, but the application has no runner "tripler". There are: doubler.',
    ],
    [
      'an option that the runner does not have',
      {},
      { BENTONEST__RUNNERS__DOUBLER__MODEL: 'a:b' },
      'Runner "doubler" has no model by tag. Remove model of runners.doubler from the configuration.',
    ],
  ])('%s', async (_name, options, env, message) => {
    app = await spawn(options, env);
    const [code] = (await once(app.process, 'exit')) as [number];
    expect(code).toBe(1);
    expect(app.output).not.toMatch(/^ +at |"stack"/m);
    const { level, msg } = app.records.at(-1) ?? {};
    expect({ level, msg }).toEqual({ level: 60, msg: expect.stringContaining(message) });
  });
});

it('bentonest.yaml and the environment hold over the code, and the log says so', async () => {
  const file = join(folder, 'bentonest.yaml');
  const yaml =
    'runners:\n  doubler:\n    workers: 2\nmetrics:\n  namespace: iris\ndocs:\n  enabled: false\n' +
    'services:\n  witness:\n    apis:\n      slow:\n        timeoutMs: 50\n';
  await writeFile(file, yaml);
  const env = {
    BENTONEST_CONFIG: file,
    BENTONEST__SERVER__TIMEOUT_MS: '5000',
    BENTONEST__SERVER__BACKLOG: '300',
  };
  const served = await start({ port: 1, admin: { token: TOKEN } }, env);
  await until(() => childPids(served.process.pid ?? 0).length === 2, 10_000);
  expect((await served.get('/slow')).status).toBe(504);
  expect(await (await served.get('/metrics')).text()).toContain('iris_api_server_request_total');
  expect((await served.get('/docs.json')).status).toBe(404);
  expect(served.output).toContain(`runners.doubler.workers = 2 (${file}:3)`);
  expect(served.output).toContain(`services.witness.apis.slow.timeoutMs = 50 (${file}:12)`);
  expect(served.output).toContain('server.timeoutMs = 5000 (BENTONEST__SERVER__TIMEOUT_MS)');
  expect(served.complaints).toEqual([]);
});

describe('browsers and proxies', () => {
  let shared: ServedApp;

  beforeAll(async () => {
    shared = await start({
      cors: {
        origins: ['https://app.example.com'],
        methods: ['GET', 'POST'],
        allowedHeaders: ['x-key'],
        exposedHeaders: ['x-request-id'],
        credentials: true,
        maxAgeSeconds: 60,
      },
      securityHeaders: true,
      trustProxy: ['127.0.0.1'],
    });
    app = undefined;
  });

  afterAll(() => shared.end());

  it('other origins are answered, errors included', async () => {
    const origin = 'https://app.example.com';
    for (const path of ['/whoami', '/none']) {
      const { headers } = await fetchFrom(path, { origin });
      expect(headers['access-control-allow-origin']).toBe(origin);
      expect(headers['access-control-allow-credentials']).toBe('true');
      expect(headers['access-control-expose-headers']).toBe('x-request-id');
    }
    const { headers } = await fetchFrom('/whoami', { origin: 'https://evil.example.com' });
    expect(headers['access-control-allow-origin']).toBe(undefined);
  });

  it('browsers that ask first are told what is allowed, and for how long', async () => {
    const { headers } = await fetchFrom(
      '/whoami',
      {
        origin: 'https://app.example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-key',
      },
      'OPTIONS',
    );
    expect(headers).toMatchObject({
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'x-key',
      'access-control-max-age': '60',
    });
  });

  it('has security headers, by which Swagger UI works over HTTP, too', async () => {
    const { headers } = await fetchFrom('/', {});
    expect(headers['x-content-type-options']).toBe('nosniff');
    const policy = headers['content-security-policy'];
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('upgrade-insecure-requests');
  });

  it('believes the proxies that it is to trust', async () => {
    const { body } = await fetchFrom('/whoami', {
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
    });
    expect(JSON.parse(body)).toMatchObject({ ip: '203.0.113.9', protocol: 'https' });
  });

  interface Fetched {
    readonly headers: IncomingMessage['headers'];
    readonly body: string;
  }

  async function fetchFrom(
    path: string,
    headers: Record<string, string>,
    method = 'GET',
  ): Promise<Fetched> {
    const sent = httpRequest(`${shared.url}${path}`, { method, headers, agent: false }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    return { headers: answer.headers, body: await text(answer) };
  }
});

describe.each([1, 2])('a server of %i processes, with an address of the operators', (workers) => {
  let served: ServedApp;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    served = await start(
      { workers, admin: { port, host: '127.0.0.1', token: TOKEN } },
      { BENTONEST__SERVER__HEADERS_TIMEOUT_MS: '500', MOUNTS: '1' },
    );
    app = undefined;
  });

  afterAll(() => served.end('SIGKILL'));

  it('is told by the log at start, once, and not its token', () => {
    const ofPort = served.output.split(`admin.port = ${port} (code: serve)`);
    expect(ofPort.length).toBe(2);
    expect(served.output).toContain('admin.token = \\"***\\" (code: serve)');
    expect(served.output).not.toContain(TOKEN);
  });

  it('has metrics and health there, which are then nowhere else, and changes need the token', async () => {
    const admin = (path: string, init?: RequestInit): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}${path}`, init);
    expect(await (await admin('/metrics')).text()).toContain('process_cpu_user_seconds_total');
    for (const path of ['/livez', '/readyz', '/healthz']) {
      expect([path, (await admin(path)).status]).toEqual([path, 200]);
      expect([path, (await served.get(path)).status]).toEqual([path, 200]);
    }
    expect((await served.get('/metrics')).status).toBe(404);
    expect((await served.get('/whoami')).status).toBe(200);
    for (const path of ['/whoami', '/none', '/', '/docs.json', '/mounted', '/mounted/a']) {
      expect([path, (await admin(path)).status]).toEqual([path, 404]);
      expect([path, (await admin(path, { method: 'POST' })).status]).toEqual([path, 401]);
    }
    for (const path of ['/none', '/mounted', '/mounted/a']) {
      expect(await (await served.post(path)).text()).toBe('mounted');
    }
    const document = await (await served.get('/docs.json')).text();
    for (const path of ['loglevel', 'metrics', 'x-bentonest']) expect(document).not.toContain(path);
    expect(document).toContain('/readyz');
    const change = async (headers: Record<string, string>, level = 'debug'): Promise<unknown[]> => {
      const type = { 'content-type': 'application/json' };
      const init = {
        method: 'PUT',
        headers: { ...type, ...headers },
        body: `{"level":"${level}"}`,
      };
      const answer = await admin('/loglevel', init);
      const { level: set, errorCode } = (await answer.json()) as Record<string, unknown>;
      return [answer.status, set ?? errorCode];
    };
    const authorization = `Bearer ${TOKEN}`;
    const refused = [401, 'ADMIN_UNAUTHORIZED'];
    expect(await change({})).toEqual(refused);
    expect(await change({ authorization: `Bearer ${TOKEN.slice(1)}` })).toEqual(refused);
    expect(await change({ authorization, origin: 'https://evil.example.com' })).toEqual(refused);
    expect(await change({ authorization }, 'loud')).toEqual([400, 'UNKNOWN_LOG_LEVEL']);
    expect(await change({ authorization })).toEqual([200, 'debug']);
    // Of several processes another may answer: the level is that of all.
    await until(
      async () => (await (await admin('/loglevel')).text()) === '{"level":"debug"}',
      2000,
    );
    expect((await served.get('/loglevel')).status).toBe(404);
    expect(await answerToHalf(port)).toContain('HTTP/1.1 408 Request Timeout');
  }, 30_000);

  // The last one: it is the server's end.
  it('answers at SIGTERM what a service works on', async () => {
    const answer = served.get('/slow');
    await sleep(30);
    const exited = served.end();
    expect(await (await answer).text()).toBe('slow');
    expect(await exited).toBe(0);
  });
});

it('the operators’ address listens when all that guards it is in place', async () => {
  const port = await freePort();
  app = await spawn({ admin: { port, host: '127.0.0.1', token: TOKEN } }, { START_MS: '1000' });
  let status = 0;
  await until(async () => {
    ({ status } = await fetch(`http://127.0.0.1:${port}/whoami`));
    return true;
  }, 20_000);
  expect(status).toBe(404);
  expect((await app.get('/whoami')).status).toBe(200);
});

it.each([1, 2])(
  'a port of operators that is taken ends the start, %i processes',
  async (workers) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    app = await spawn({ workers, admin: { port, host: '127.0.0.1' } });
    const [code] = (await once(app.process, 'exit')) as [number];
    taken.close();
    expect(code).toBe(1);
    expect(app.records.map(({ level, msg }) => [level, msg])).toEqual([
      [60, expect.stringContaining(`Cannot listen at port ${port} of 127.0.0.1: another process`)],
    ]);
  },
);

it('an API process is replaced after maxRuntimeMs, and no request is lost', async () => {
  const served = await start({ maxRuntimeMs: 1500 });
  const pids = new Set<number>();
  const statuses = new Set<number>();
  await until(async () => {
    const answer = await served.get('/whoami');
    statuses.add(answer.status);
    pids.add(((await answer.json()) as { pid: number }).pid);
    return pids.size === 3;
  }, 20_000);
  expect([...statuses]).toEqual([200]);
  const [first = 0] = pids;
  await until(() => !isAlive(first), 5000);
  const children = childPids(served.process.pid ?? 0);
  expect(await served.end()).toBe(0);
  await until(() => !children.some((pid) => isAlive(pid)), 3000);
}, 40_000);
