import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { isAlive, until } from '../e2e/served-app.js';
import { childPids } from './child-processes.js';
import { FaultApp } from './fault-app.js';
import type { FaultAppOptions } from '../fixtures/fault-app/main.js';

let app: FaultApp;

async function startApp(options: FaultAppOptions = {}, apiProcesses = 2): Promise<FaultApp> {
  app = await FaultApp.start({ ...options, apiProcesses });
  await until(() => app.served.output.includes('API processes serve'), 30_000);
  return app;
}

/** A server of this test's own. */
async function start(options?: FaultAppOptions, apiProcesses?: number): Promise<void> {
  const started = await startApp(options, apiProcesses);
  onTestFinished(() => started.end());
}

/** Those that serve: all children but the workers. */
async function apiPids(): Promise<number[]> {
  const workers = await app.readyPids();
  return childPids(app.pid).filter((pid) => !workers.includes(pid));
}

interface Outcome {
  readonly statuses: Map<number, number>;
  /** Connections that ended without an answer. */
  broken: number;
}

/** Clients with a connection each, as many to one process as to the other. */
class Clients {
  readonly outcome: Outcome = { statuses: new Map(), broken: 0 };
  private isOn = true;
  private readonly done: Promise<void>[];

  constructor(count: number) {
    this.done = Array.from({ length: count }, () => this.run());
  }

  async stop(): Promise<Outcome> {
    this.isOn = false;
    await Promise.all(this.done);
    return this.outcome;
  }

  private async run(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { statuses } = this.outcome;
    while (this.isOn) {
      try {
        const [status] = await post(agent, '/rows', { method: 'slow', rows: [1] });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      } catch {
        this.outcome.broken++;
      }
    }
    agent.destroy();
  }
}

async function post(agent: Agent, path: string, body: unknown): Promise<[number, string]> {
  const headers = { 'content-type': 'application/json' };
  const sent = request(app.served.url + path, { method: 'POST', agent, headers });
  sent.end(JSON.stringify(body));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return [answer.statusCode ?? 0, await text(answer)];
}

async function get(agent: Agent, path: string): Promise<[number, string]> {
  const sent = request(app.served.url + path, { agent }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return [answer.statusCode ?? 0, await text(answer)];
}

async function readAll(socket: Socket): Promise<string> {
  socket.on('error', () => undefined);
  let read = '';
  socket.on('data', (chunk: Buffer) => (read += chunk.toString()));
  await once(socket, 'close');
  return read;
}

const allGone = (pids: readonly number[]): boolean => !pids.some((pid) => isAlive(pid));

/** Runs `change` under load on both processes, which must not lose a call by it. */
async function underLoad(change: () => Promise<void>): Promise<void> {
  const clients = new Clients(12);
  await sleep(200);
  await change();
  await sleep(200);
  const { statuses, broken } = await clients.stop();
  console.info(`${statuses.get(200)} calls of 200, none of another status (bound 0 lost)`);
  expect([[...statuses.keys()], broken]).toEqual([[200], 0]);
}

describe('API processes', () => {
  beforeAll(() => startApp());

  afterAll(() => app.end());

  it('tell an error of a reload who asked for it', async () => {
    app.setLoads(false);
    const refused = await app.served.post('/reload', { runner: 'faults' });
    expect([refused.status, ((await refused.json()) as { errorCode: string }).errorCode]).toEqual([
      503,
      'RUNNER_START_FAILED',
    ]);
    expect(await (await app.served.get('/readyz')).text()).toContain('serves its old model');
    expect((await app.rows('echo', [1])).status).toBe(200);
    app.setLoads(true);
  });

  it('are not ready without a live worker, and each says why', async () => {
    const agents = [1, 2].map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
    const readyz = () => Promise.all(agents.map((agent) => get(agent, '/readyz')));
    const statuses = async () => (await readyz()).map(([status]) => status).join(' ');
    expect(await statuses()).toBe('200 200');
    app.setLoads(false);
    const [worker = 0] = await app.readyPids();
    process.kill(worker, 'SIGKILL');
    const ms = await until(async () => (await statuses()) === '503 503', 5000);
    console.info(`/readyz 503 in both after ${ms.toFixed(0)} ms`);
    for (const [, body] of await readyz()) expect(body).toMatch(/^Runner "faults" is \w+/);
    app.setLoads(true);
    await until(async () => (await statuses()) === '200 200', 15_000);
    for (const agent of agents) agent.destroy();
  }, 40_000);

  it('leave the connections that one had not taken when it was killed to others', async () => {
    const [victim = 0] = await apiPids();
    const port = Number(new URL(app.served.url).port);
    process.kill(victim, 'SIGSTOP');
    const sockets = Array.from({ length: 40 }, () => connect(port, '127.0.0.1'));
    const answers = sockets.map((socket) => readAll(socket));
    for (const socket of sockets) {
      socket.write('GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    }
    const answered = async (): Promise<number> => {
      const pending = Promise.resolve('');
      const now = await Promise.all(answers.map((answer) => Promise.race([answer, pending])));
      return now.filter((answer) => answer.startsWith('HTTP/1.1 200')).length;
    };
    await until(async () => (await answered()) === 20, 5000);
    process.kill(victim, 'SIGKILL');
    await until(async () => (await answered()) === 40, 10_000).catch(() => undefined);
    const count = await answered();
    for (const socket of sockets) socket.destroy();
    console.info(`${count} of 40 connections answered, 20 of them handed to the one that died`);
    expect(count).toBe(40);
  }, 40_000);
});

describe('API processes share two workers', () => {
  beforeAll(() => startApp({ runner: { workers: 2, maxBatchSize: 4 }, faults: { batchMs: 50 } }));

  afterAll(() => app.end());

  it('which both call, and none has of its own', async () => {
    const workers = await app.readyPids();
    expect(childPids(app.pid)).toHaveLength(4);
    for (const pid of await apiPids()) expect(childPids(pid)).toEqual([]);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => app.rows('pids', [1], { options: {} })),
    );
    const seen = (await Promise.all(answers.map((answer) => answer.json()))).flat() as number[];
    expect(seen.every((pid) => workers.includes(pid))).toBe(true);
  });

  it('which are reloaded and scaled by one of them for both, without losing a call', async () => {
    const before = await app.readyPids();
    await underLoad(async () => {
      expect((await app.served.post('/reload', { runner: 'faults' })).status).toBe(200);
      await until(() => allGone(before), 5000);
      expect((await app.served.post('/scale', '3')).status).toBe(200);
      await app.untilWorkers(3);
      expect((await app.served.post('/scale', '1')).status).toBe(200);
      await app.untilWorkers(1);
    });
    expect(childPids(app.pid)).toHaveLength(3);
    expect((await app.status()).restarts).toBe(0);
  }, 40_000);

  // The last one: it is the server's end.
  it('and are gone within 2 s of SIGKILL of the first process, the worker with them', async () => {
    const children = childPids(app.pid);
    expect(children).toHaveLength(3);
    await app.served.end('SIGKILL');
    const ms = await until(() => allGone(children), 2000);
    console.info(`all gone after ${ms.toFixed(0)} ms (bound 2000)`);
    expect(allGone(children)).toBe(true);
  });
});

describe('API processes share the workers of a runner', () => {
  it('of which there are as many as the load of both asks for', async () => {
    const workers = { min: 1, max: 3, idleMs: 500 };
    await start({ runner: { workers, maxBatchSize: 2 }, faults: { batchMs: 50 } });
    await underLoad(async () => void (await app.untilWorkers(3, 15_000)));
    await app.untilWorkers(1, 10_000);
    expect((await app.status()).restarts).toBe(0);
  }, 40_000);

  it('one of which is replaced after maxCalls calls of both', async () => {
    await start({ runner: { maxCalls: 100 }, faults: { batchMs: 50 } });
    const [first = 0] = await app.readyPids();
    await underLoad(async () => void (await until(() => !isAlive(first), 10_000)));
    expect(await app.readyPids()).toHaveLength(1);
  }, 40_000);
});

describe('a worker of several API processes', () => {
  it('that is killed under load fails its batches, and is replaced for all', async () => {
    const maxBatchSize = 2;
    await start({ runner: { maxBatchSize }, faults: { batchMs: 50 } });
    const [victim = 0] = await app.readyPids();
    const clients = new Clients(16);
    await sleep(300);
    process.kill(victim, 'SIGKILL');
    const ms = await until(async () => {
      const [pid] = await app.readyPids();
      return pid !== undefined && pid !== victim;
    }, 5000);
    await sleep(300);
    const { statuses, broken } = await clients.stop();
    console.info(
      `another serves after ${ms.toFixed(0)} ms; ${statuses.get(503) ?? 0} × 503 of 16 clients (bound 1 to ${2 * maxBatchSize})`,
    );
    expect([...statuses.keys()].filter((status) => ![200, 503].includes(status))).toEqual([]);
    // Each process had one batch there; what waited in them was run by the next worker.
    expect(statuses.get(503) ?? 0).toBeLessThanOrEqual(2 * maxBatchSize);
    expect(statuses.get(503) ?? 0).toBeGreaterThan(0);
    expect(broken).toBe(0);
  });

  it('that hangs is ended by whom it keeps waiting', async () => {
    await start({ runner: { timeoutMs: 500, hangTimeoutMs: 1000 } });
    const [victim = 0] = await app.readyPids();
    expect((await app.single('loop', 30_000)).status).toBe(504);
    await until(() => !isAlive(victim), 5000);
    await until(async () => (await app.rows('echo', [1])).status === 200, 5000);
    expect(app.served.output).toMatch(/died: .*killed \(SIGKILL\)/);
  });
});

describe('an API process', () => {
  it('that is killed under load takes its own requests with it, and is replaced', async () => {
    await start({ faults: { batchMs: 5 } }, 3);
    const [victim = 0] = await apiPids();
    const workers = await app.readyPids();
    const clients = new Clients(18);
    await sleep(300);
    process.kill(victim, 'SIGKILL');
    const ms = await until(async () => {
      const pids = await apiPids();
      return pids.length === 3 && !pids.includes(victim);
    }, 10_000);
    await sleep(300);
    const { statuses, broken } = await clients.stop();
    console.info(
      `${broken} broken of 18 clients (bound 6); spawned anew after ${ms.toFixed(0)} ms`,
    );
    expect([...statuses.keys()]).toEqual([200]);
    expect(broken).toBeLessThanOrEqual(6);
    expect(await app.readyPids()).toEqual(workers);
    expect(app.served.output).toContain(`API process ${victim} died (SIGKILL), and is replaced.`);
  }, 40_000);
});

describe('a server of several processes', () => {
  it.each([
    ['SIGTERM', 'the first process'],
    ['SIGHUP', 'all, as a terminal that is closed sends it'],
  ] as const)(
    '%s to %s, under load: what is in flight is answered, exit 0',
    async (signal, _to) => {
      await start({ faults: { batchMs: 5 } });
      const children = childPids(app.pid);
      const clients = new Clients(16);
      await sleep(500);
      const startedAt = performance.now();
      if (signal === 'SIGHUP') for (const pid of children) process.kill(pid, signal);
      const exited = app.served.end(signal);
      await sleep(100);
      const { statuses, broken } = await clients.stop();
      expect(await exited).toBe(0);
      console.info(
        `exit after ${(performance.now() - startedAt).toFixed(0)} ms, ${broken} broken (bound 0)`,
      );
      expect([[...statuses.keys()], broken]).toEqual([[200], 0]);
      expect(allGone(children)).toBe(true);
    },
  );

  it('a second signal ends it at once', async () => {
    await start({ faults: { batchMs: 5 } });
    const children = childPids(app.pid);
    const waiting = app.single('loop', 30_000).catch(() => undefined);
    await sleep(200);
    const exited = app.served.end('SIGTERM');
    await sleep(300);
    app.served.process.kill('SIGTERM');
    expect(await exited).toBe(143);
    await until(() => allGone(children), 2000);
    await waiting;
  });
});
