import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pythonRunner } from 'bentonest/python';
import type { PythonRunnerOptions } from 'bentonest/python';
import { RunnerHost } from 'bentonest/runner';
import { NdArray } from 'bentonest/tensor';
import { afterAll, describe, it } from 'vitest';
import { findPython } from '../e2e/python-environment.js';
import { until } from '../e2e/served-app.js';

const MAX_BATCH = 4;
const CLIENTS = 12;
const KILLS = 5;

const python = (await findPython()) ?? '';
const folder = mkdtempSync(join(tmpdir(), 'python-worker-'));

afterAll(() => rm(folder, { recursive: true }));

function createHost(options: Partial<PythonRunnerOptions>): RunnerHost {
  const module = new URL('../fixtures/python-runnables/echo.py', import.meta.url);
  return new RunnerHost(pythonRunner('echo', { module, class: 'Echo', python, ...options }));
}

const readyPids = ({ status }: RunnerHost): number[] =>
  status.workers.flatMap(({ state, pid = 0 }) => (state === 'ready' ? [pid] : []));

/** Clients that each call again when they are answered; what they were answered, by error code. */
class Clients {
  readonly answers = new Map<string, number>();
  private isOn = true;
  private readonly done: Promise<void>[];

  constructor(private readonly host: RunnerHost) {
    this.done = Array.from({ length: CLIENTS }, () => this.run());
  }

  async stop(): Promise<void> {
    this.isOn = false;
    await Promise.all(this.done);
  }

  private async run(): Promise<void> {
    const row = NdArray.from([1], { dtype: 'float32' });
    while (this.isOn) {
      const answer = await this.host.runner.batch_size.run(row).then(
        () => 'answered',
        (error: unknown) => String((error as { code?: unknown }).code),
      );
      this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
      // An error may come at once: the others are to have their turn.
      await sleep(1);
    }
  }
}

// Concurrent, because one of them waits for the pauses between respawns.
describe.skipIf(python === '').concurrent('a worker in Python', () => {
  it('killed under load takes its own batch with it, and is replaced', async ({
    expect,
    onTestFinished,
  }) => {
    const host = createHost({ workers: 2, maxBatchSize: MAX_BATCH });
    onTestFinished(() => host.stop());
    await host.start();
    const clients = new Clients(host);
    await until(() => (clients.answers.get('answered') ?? 0) > CLIENTS, 10_000);
    for (let kill = 0; kill < KILLS; kill++) {
      const [victim = 0] = readyPids(host);
      process.kill(victim, 'SIGKILL');
      await until(() => {
        const pids = readyPids(host);
        return pids.length === 2 && !pids.includes(victim);
      }, 30_000);
    }
    await clients.stop();
    const lost = clients.answers.get('RUNNER_WORKER_LOST') ?? 0;
    console.info(
      `${KILLS} kills: ${lost} calls lost (bound ${KILLS * MAX_BATCH}) of ${[...clients.answers.values()].reduce((sum, count) => sum + count, 0)}`,
    );
    expect([...clients.answers.keys()].toSorted()).toEqual(['RUNNER_WORKER_LOST', 'answered']);
    expect(lost).toBeLessThanOrEqual(KILLS * MAX_BATCH);
    expect(host.status.restarts).toBe(KILLS);
  }, 90_000);

  it('above maxRssMb is replaced without losing a call', async ({ expect, onTestFinished }) => {
    const host = createHost({ maxRssMb: 400, maxBatchSize: MAX_BATCH });
    onTestFinished(() => host.stop());
    await host.start();
    const [first] = readyPids(host);
    const clients = new Clients(host);
    await host.runner.leak.run(400);
    await until(() => readyPids(host).length === 1 && readyPids(host)[0] !== first, 30_000);
    await clients.stop();
    console.info(`${clients.answers.get('answered')} calls, none lost`);
    expect([...clients.answers.keys()]).toEqual(['answered']);
    expect(host.status.restarts).toBe(0);
  }, 90_000);

  it('that dies as soon as it is ready fails the runner, and is not spawned in a loop', async ({
    expect,
    onTestFinished,
  }) => {
    const log = join(folder, 'log');
    const exitFile = join(folder, 'exit');
    const host = createHost({ options: { log, exit_file: exitFile } });
    onTestFinished(() => host.stop());
    await host.start();
    const { pid } = (await host.runner.state.run()) as unknown as { pid: number };
    writeFileSync(exitFile, '');
    process.kill(pid, 'SIGKILL');
    const failedMs = await until(() => host.status.state === 'failed', 60_000);
    const spawned = readFileSync(log, 'utf8').split('\n').length - 2;
    console.info(`failed after ${spawned} spawns in ${failedMs.toFixed(0)} ms`);
    expect(spawned).toBe(5);
    expect(host.status.restarts).toBeGreaterThan(1);
    expect(host.status.reason).toMatch(/died when it was ready: it exited with code 3/);
  }, 90_000);

  it('gets and sends tensors without copying them', async ({ expect, onTestFinished }) => {
    const host = createHost({});
    onTestFinished(() => host.stop());
    const big = new NdArray('float32', new Float32Array(1 << 20), [1 << 10, 1 << 10]);
    const small = new NdArray('int64', BigInt64Array.of(1n, 2n), [2]);
    expect(await host.runner.copies.run(big, small)).toEqual({
      received: [false, false],
      apart: false,
      sent: [false, false],
    });
  }, 90_000);
});
