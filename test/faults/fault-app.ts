import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunnerStatus } from 'bentonest/runner';
import { isAlive, ServedApp, until } from '../e2e/served-app.js';
import type { FaultAppOptions } from '../fixtures/fault-app/main.js';

const entry = 'dist/test/fixtures/fault-app/main.js';

interface Client {
  readonly options?: { readonly timeoutMs?: number; readonly priority?: number };
  readonly signal?: AbortSignal;
}

/** The fixture server whose Runnable fails on demand, and what tests ask of it. */
export class FaultApp {
  private constructor(
    readonly served: ServedApp,
    private readonly folder: string,
  ) {}

  /** Starts the server and waits until all of its workers serve: /readyz asks for one of them only. */
  static async start(
    options: FaultAppOptions = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<FaultApp> {
    const folder = mkdtempSync(join(tmpdir(), 'faults-'));
    const faults = {
      journal: join(folder, 'journal'),
      failFile: join(folder, 'fail'),
      exitFile: join(folder, 'exit'),
      stuckFile: join(folder, 'stuck'),
      ...options.faults,
    };
    const FAULT_APP = JSON.stringify({ ...options, faults });
    const app = new FaultApp(await ServedApp.start({ entry, env: { ...env, FAULT_APP } }), folder);
    const { embedded = false, workers = embedded ? 0 : 1 } = options.runner ?? {};
    await app.untilWorkers(typeof workers === 'number' ? workers : workers.min);
    return app;
  }

  get pid(): number {
    return this.served.process.pid ?? 0;
  }

  /** A file of this test's own. */
  file(name: string): string {
    return join(this.folder, name);
  }

  /** Calls a batchable method with a row per number. */
  rows(method: string, rows: readonly number[], client: Client = {}): Promise<Response> {
    return this.send('/rows', { method, rows, options: client.options }, client.signal);
  }

  /** Calls a method that takes one JSON value. */
  single(method: string, argument?: unknown, client: Client = {}): Promise<Response> {
    return this.send('/single', { method, argument, options: client.options }, client.signal);
  }

  async status(runner = 'faults'): Promise<RunnerStatus> {
    const statuses = (await (await this.served.post('/status')).json()) as RunnerStatus[];
    const found = statuses.find(({ name }) => name === runner);
    if (found === undefined) throw new Error(`Expected runner ${runner}, got none.`);
    return found;
  }

  /** The workers that serve. */
  async readyPids(runner = 'faults'): Promise<number[]> {
    const { workers } = await this.status(runner);
    return workers.flatMap(({ state, pid }) => (state === 'ready' ? [pid ?? 0] : []));
  }

  /** Waits for so many workers that serve; the server may not have seen yet that one was killed. */
  async untilWorkers(count: number, timeoutMs = 10_000): Promise<number> {
    return until(async () => {
      const pids = await this.readyPids();
      return pids.length === count && pids.every((pid) => isAlive(pid));
    }, timeoutMs);
  }

  /** From now on the Runnable loads, or does not. */
  setLoads(loads: boolean): void {
    if (loads) rmSync(this.file('fail'));
    else writeFileSync(this.file('fail'), '');
  }

  /** From now on workers exit as soon as they are ready. */
  setExits(): void {
    writeFileSync(this.file('exit'), '');
  }

  /** From now on loading the Runnable does not end. */
  setStuck(): void {
    writeFileSync(this.file('stuck'), '');
  }

  /** Messages of the server's own log that name the runner. */
  get log(): string[] {
    const messages = this.served.records.map(({ msg }) => msg);
    return messages.filter((message) => message.includes('faults'));
  }

  /** Lines that the Runnable wrote: of each kind, what follows the word. */
  journal(kind: 'load' | 'run'): string[] {
    if (!existsSync(this.file('journal'))) return [];
    const lines = readFileSync(this.file('journal'), 'utf8').split('\n');
    return lines.flatMap((line) =>
      line.startsWith(`${kind} `) ? [line.slice(kind.length + 1)] : [],
    );
  }

  async end(): Promise<void> {
    await this.served.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private send(path: string, body: object, signal?: AbortSignal): Promise<Response> {
    return fetch(this.served.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
  }
}

/** Resident memory of a process in MiB. */
export function residentMb(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}

/** The value that a share of the values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
