import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { isAlive, until } from '../e2e/served-app.js';
import { childPids } from './child-processes.js';
import { FaultApp } from './fault-app.js';

const DELAY_MS = 1500;
const GRACE_MS = 5000;

let app: FaultApp;

afterEach(async () => {
  await app.served.end('SIGKILL');
});

async function start(apiProcesses: number): Promise<FaultApp> {
  app = await FaultApp.start({ apiProcesses, preStopDelayMs: DELAY_MS, shutdownGraceMs: GRACE_MS });
  if (apiProcesses > 1) {
    await until(() => app.served.output.includes('API processes serve'), 10_000);
  }
  return app;
}

/** Status of a request on a connection of its own, and what it says of the connection. */
async function probe(path: string, agent: Agent | false): Promise<[number, string | undefined]> {
  const sent = request(app.served.url + path, { agent }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  return [answer.statusCode ?? 0, answer.headers.connection];
}

describe.each([1, 2])('SIGTERM with preStopDelayMs, %i API processes', (apiProcesses) => {
  it('/readyz is 503 at once, everything is served for the delay, then it closes; exit 0', async () => {
    await start(apiProcesses);
    const children = childPids(app.pid);
    const agents = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })];
    for (const agent of agents) expect((await probe('/readyz', agent))[0]).toBe(200);
    const startedAt = performance.now();
    const exited = app.served.end();
    await until(async () => (await app.served.get('/readyz')).status === 503, 1000);
    const toldMs = performance.now() - startedAt;
    expect(await (await app.served.get('/readyz')).text()).toContain('The server is closing.');
    // All API processes, over connections that were open before.
    for (const agent of agents) {
      await until(async () => (await probe('/readyz', agent))[0] === 503, 1000);
    }
    let served = 0;
    while (performance.now() - startedAt < DELAY_MS - 400) {
      expect((await app.rows('echo', [1])).status).toBe(200);
      served++;
      await sleep(50);
    }
    expect((await probe('/livez', agents[0]))[1]).toBe('keep-alive');
    await sleep(DELAY_MS + 100 - (performance.now() - startedAt));
    const last = await probe('/livez', agents[0]).catch(() => undefined);
    expect(await exited).toBe(0);
    const ms = performance.now() - startedAt;
    console.info(
      `/readyz 503 after ${toldMs.toFixed(0)} ms (bound 100), ${served} served in the delay, ` +
        `exit after ${ms.toFixed(0)} ms (delay ${DELAY_MS}, grace ${GRACE_MS})`,
    );
    // What comes while it closes is told to leave, where it is not too late.
    expect(last?.[1] ?? 'close').toBe('close');
    expect(toldMs).toBeLessThan(200);
    expect(ms).toBeGreaterThan(DELAY_MS);
    expect(ms).toBeLessThan(DELAY_MS + GRACE_MS);
    await until(() => !children.some((pid) => isAlive(pid)), 2000);
    for (const agent of agents) agent.destroy();
  });

  it('a second signal ends it at once', async () => {
    await start(apiProcesses);
    const children = childPids(app.pid);
    const exited = app.served.end();
    await sleep(400);
    const startedAt = performance.now();
    app.served.process.kill('SIGTERM');
    expect(await exited).toBe(143);
    console.info(`exit after ${(performance.now() - startedAt).toFixed(0)} ms`);
    await until(() => !children.some((pid) => isAlive(pid)), 2000);
  });
});
