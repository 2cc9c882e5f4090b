import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { meetBounds } from '../faults/bounds.js';
import { childPids } from '../faults/child-processes.js';
import { ServedApp, isAlive, until } from './served-app.js';

const entry = 'dist/test/fixtures/life-cycle-app/main.js';
let app: ServedApp | undefined;

afterEach(async () => {
  await app?.end('SIGKILL');
});

/** By a connection of its own: connections go to the processes in turn. */
async function pidOf({ url }: ServedApp, path = '/v1/pid'): Promise<string> {
  const [answer] = (await once(request(url + path, { agent: false }).end(), 'response')) as [
    IncomingMessage,
  ];
  return text(answer);
}

const hooks = ({ output }: ServedApp): (readonly [hook: string, pid: number])[] =>
  [...output.matchAll(/^hook (\w+) (\d+)$/gm)].map(([, hook, pid]) => [hook, Number(pid)]);

function start(workers: number | 'auto', env: Record<string, string> = {}): Promise<ServedApp> {
  const all = { BENTONEST__SERVER__WORKERS: String(workers), ...env };
  return ServedApp.spawn({ entry, env: all });
}

it.each([
  [1, 500, 0],
  [2, 500, 0],
  // One clock for all of the end: what a hook takes is taken from the grace period.
  [1, 2000, 1500],
])(
  'services are told of the end, too, when the grace period cuts off what they do, %i processes, grace %i ms, hook %i ms',
  async (workers, GRACE_MS, destroyMs) => {
    const server = (app = await start(workers, {
      BENTONEST__SERVER__SHUTDOWN_GRACE_MS: String(GRACE_MS),
      DESTROY_MS: String(destroyMs),
    }));
    await server.untilReady();
    // One that does not serve yet is not told: it is killed.
    if (workers > 1) await until(() => server.output.includes('API processes serve'), 20_000);
    const hung = pidOf(server, '/v1/hang').catch(() => 'cut');
    await until(() => server.output.includes('hangs'), 5000);
    const startedAt = performance.now();
    expect(await server.end()).toBe(1);
    const ms = performance.now() - startedAt;
    console.info(`exit after ${ms.toFixed(0)} ms (grace ${GRACE_MS}, bound ${GRACE_MS + 3000})`);
    expect(ms).toBeGreaterThanOrEqual(GRACE_MS);
    expect(ms).toBeLessThan(GRACE_MS + 3000);
    expect(await hung).toBe('cut');
    const ended = (): number => hooks(server).filter(([hook]) => hook === 'onShutdown').length;
    // What was written last may be read after the exit.
    await until(
      () => ended() >= workers,
      2000,
      () => server.output,
    );
    expect(ended()).toBe(workers);
  },
);

describe('a server of one process', () => {
  it('calls the hooks of a service once, in their order', async () => {
    app = await start(1);
    await app.untilReady();
    const { pid = 0 } = app.process;
    expect(await pidOf(app)).toBe(String(pid));
    expect(await app.end()).toBe(0);
    const expected = ['onDeployment', 'onStartup', 'onShutdown'].map((hook) => [hook, pid]);
    expect(hooks(app)).toEqual(expected);
    expect(childPids(pid)).toEqual([]);
  });
});

describe('a server of several processes', () => {
  it('deploys once, before any process serves, and starts and ends each of them', async () => {
    app = await start(3);
    await until(() => app?.output.includes('3 API processes serve') === true, 40_000);
    const served = app;
    const { pid = 0 } = served.process;
    const children = childPids(pid);
    expect(children).toHaveLength(3);
    const pids = await Promise.all(Array.from({ length: 12 }, () => pidOf(served)));
    expect(new Set(pids)).toEqual(new Set(children.map(String)));
    // In turn: each has as many connections as the others.
    expect(children.map((child) => pids.filter((each) => each === String(child)).length)).toEqual([
      4, 4, 4,
    ]);
    expect((await served.get('/pid')).status).toBe(404);
    expect(await served.end()).toBe(0);
    const [[first, deployer], ...rest] = hooks(served);
    expect([first, deployer]).toEqual(['onDeployment', pid]);
    expect(rest.map(([hook]) => hook)).toEqual([
      ...Array<string>(3).fill('onStartup'),
      ...Array<string>(3).fill('onShutdown'),
    ]);
    expect(new Set(rest.map(([, each]) => each))).toEqual(new Set(children));
    expect(children.filter((child) => isAlive(child))).toEqual([]);
  });

  it('may have one for each core', async () => {
    app = await start('auto');
    await app.untilReady();
    expect((await app.get('/v1/neighbour')).status).toBe(200);
  });

  it.each([
    ['onDeployment', 2],
    ['onStartup', 2],
    ['onDeployment', 1],
    ['onStartup', 1],
  ])('does not start where %s fails (%i processes)', async (hook, workers) => {
    app = await start(workers, { FAIL: hook });
    const startedAt = performance.now();
    const [code] = (await once(app.process, 'exit')) as [number];
    console.info(`exit after ${(performance.now() - startedAt).toFixed(0)} ms`);
    expect(code).toBe(1);
    expect(app.output).toContain(`${hook} was told to fail`);
    await until(() => childPids(app?.process.pid).length === 0, 2000);
  });

  it('is refused where their number is none', async () => {
    app = await start('1.5' as never);
    const [code] = (await once(app.process, 'exit')) as [number];
    expect(code).toBe(1);
    expect(app.output).toMatch(
      /BENTONEST__SERVER__WORKERS: server.workers must be a whole number from 1 to 1024/,
    );
  });
});

describe.each([1, 2])('on a port that is taken, a server of %i', (workers) => {
  it('says so and ends, with nothing started; who has the port is left alone', async () => {
    const other = createServer((_request, response) => response.end('mine'));
    await once(other.listen(0, 'localhost'), 'listening');
    const { port } = other.address() as AddressInfo;
    const exitMs = async (server: Promise<ServedApp>): Promise<number> => {
      const startedAt = performance.now();
      app = await server;
      const [code] = (await once(app.process, 'exit')) as [number];
      expect(code).toBe(1);
      expect(childPids(app.process.pid)).toEqual([]);
      return performance.now() - startedAt;
    };
    await meetBounds(async () => {
      // What the loading of the code takes, which is the most of it, and grows with all else the machine does.
      const loadMs = await exitMs(start('1.5' as never));
      const value = await exitMs(start(workers, { PORT: String(port) }));
      console.info(`exit after ${value.toFixed(0)} ms in all (the table of faults: 2000)`);
      return [{ name: 'exit after the code is loaded ms', value: value - loadMs, atMost: 2000 }];
    });
    if (app === undefined) throw new Error('It was not started.');
    expect(app.output).toContain(`Cannot listen at port ${port} of localhost`);
    expect(app.output).not.toMatch(/\n\s+at |hook/);
    expect(await (await fetch(`http://localhost:${port}`)).text()).toBe('mine');
    other.close();
  });
});
