import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childPids } from '../faults/child-processes.js';
import { ServedApp, freePort, isAlive, until } from './served-app.js';

const entry = 'dist/test/fixtures/served-app/main.js';
const resolver = fileURLToPath(new URL('../fixtures/dual-stack/resolver.mjs', import.meta.url));
const ADDRESSES = ['127.0.0.1', '::1'];

const isDualStack = Object.values(networkInterfaces())
  .flat()
  .some((network) => network?.address === '::1');
if (!isDualStack) console.warn('SKIPPED: this machine has no ::1, at which localhost is tried.');

interface Answer {
  readonly status: number | undefined;
  readonly connection: string | undefined;
  readonly body: string;
}

async function get(host: string, port: number, path: string, agent?: Agent): Promise<Answer> {
  const sent = request({ host, port, path, agent: agent ?? false }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const { statusCode: status, headers } = answer;
  return { status, connection: headers.connection, body: await text(answer) };
}

async function sendRaw(host: string, port: number, bytes: string): Promise<string> {
  const socket = connect(port, host);
  socket.write(bytes);
  return text(socket);
}

describe.runIf(isDualStack).each([1, 2])('localhost of two addresses, %i processes', (workers) => {
  let served: ServedApp;
  let port: number;
  let adminPort: number;

  beforeAll(async () => {
    adminPort = await freePort();
    served = await ServedApp.start({
      entry,
      env: {
        OPTIONS: JSON.stringify({ workers, admin: { port: adminPort } }),
        NODE_OPTIONS: `--import ${resolver}`,
        BENTONEST__SERVER__HEADERS_TIMEOUT_MS: '500',
      },
    });
    port = Number(new URL(served.url).port);
  });

  afterAll(() => served.end('SIGKILL'));

  it.each(ADDRESSES)('%s has the limits of the server', async (host) => {
    expect(JSON.parse((await get(host, port, '/whoami')).body)).toMatchObject({ ip: host });
    const half = 'GET /livez HTTP/1.1\r\nHost: a\r\n';
    const lengths = `${half}Content-Length: 0\r\nContent-Length: 48\r\n\r\n`;
    expect(await sendRaw(host, port, lengths)).toMatch(/^HTTP\/1\.1 400 .*"errorCode"/s);
    expect(await sendRaw(host, port, half)).toMatch(/^HTTP\/1\.1 408 /);
    expect(await sendRaw(host, adminPort, half)).toMatch(/^HTTP\/1\.1 408 /);
    expect((await get(host, adminPort, '/metrics')).status).toBe(200);
  });

  // The last one: it is the server's end.
  it('answers at SIGTERM what is in flight at both, and lets go of idle clients', async () => {
    const agents = ADDRESSES.map(() => new Agent({ keepAlive: true }));
    for (const [at, host] of ADDRESSES.entries()) await get(host, port, '/livez', agents[at]);
    const silent = ADDRESSES.map((host) => connect(port, host));
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    const children = childPids(served.process.pid);
    const answers = ADDRESSES.map((host) => get(host, port, '/slow'));
    // They are to take longer than the port is open.
    await sleep(30);
    const startedAt = performance.now();
    const exited = served.end();
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatchObject({ status: 200, body: 'slow', connection: 'close' });
    }
    expect(await exited).toBe(0);
    const ms = performance.now() - startedAt;
    console.info(`exit after ${ms.toFixed(0)} ms (bound 5000, half of the grace period)`);
    expect(ms).toBeLessThan(5000);
    await until(() => !children.some((pid) => isAlive(pid)), 2000);
    for (const agent of agents) agent.destroy();
    for (const socket of silent) socket.destroy();
  });
});

it.runIf(isDualStack).each([1, 2])(
  'a port of localhost that is taken at one address ends the start, %i processes',
  async (workers) => {
    const port = await freePort();
    const taken = createServer().listen(port, '127.0.0.1');
    await once(taken, 'listening');
    const env = {
      OPTIONS: JSON.stringify({ workers }),
      NODE_OPTIONS: `--import ${resolver}`,
      PORT: String(port),
    };
    const served = await ServedApp.spawn({ entry, env });
    const [code] = (await once(served.process, 'close')) as [number];
    taken.close();
    expect(code).toBe(1);
    expect(served.records.map(({ level, code: name, msg }) => [level, name, msg])).toEqual([
      [60, 'LISTEN_FAILED', expect.stringContaining(`port ${port} of localhost: another process`)],
    ]);
  },
);
