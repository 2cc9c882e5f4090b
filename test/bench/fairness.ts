import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkerLink } from './internals.js';
import type { Batch, InitMessage, MessageFromWorker } from './internals.js';
import { mean, median, rounded } from './statistics.js';

/** Batches that each of the four API processes keeps at the worker. */
const SCENARIOS: Readonly<Record<string, readonly number[]>> = {
  'alike, 1 each': [1, 1, 1, 1],
  'alike, 4 each': [4, 4, 4, 4],
  'one is greedy': [8, 1, 1, 1],
};
const SERVICE_MS = 2;

interface FairnessRow {
  readonly scenario: string;
  readonly connection: number;
  readonly outstanding: number;
  readonly batches: number;
  /** From giving a batch to the worker to its answer. */
  readonly waitMs: number;
  /** From one answer to the next, with batches waiting all the time: what a fair worker makes equal. */
  readonly turnMs: number;
  /** `turnMs` against that of a worker that serves its connections in turn. */
  readonly ofFairTurn: number;
  /** Largest mean wait over the median one, of the connections that keep as many batches. */
  readonly maxToMedian: number;
  /** The longest that one batch of this connection waited, over the median of all those batches. */
  readonly longestToMedian: number;
}

/** Several API connections at one worker process: how long does each wait for its turn? */
export async function measureFairness(seconds: number): Promise<FairnessRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const socketPath = join(folder, 'worker.sock');
  const worker = await startWorker(socketPath);
  try {
    const rows: FairnessRow[] = [];
    for (const [scenario, outstanding] of Object.entries(SCENARIOS)) {
      rows.push(...(await runScenario({ scenario, outstanding, socketPath, seconds })));
    }
    return rows;
  } finally {
    worker.disconnect();
    await once(worker, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startWorker(socketPath: string): Promise<ChildProcess> {
  const main = new URL('../../libs/runner/src/worker/main.js', import.meta.url);
  const worker = fork(main);
  const init: InitMessage = {
    type: 'init',
    runner: 'bench',
    moduleUrl: new URL('./fixed-time.runnable.js', import.meta.url).href,
    className: 'FixedTime',
    options: { ms: SERVICE_MS },
    socketPath,
    warmup: 0,
  };
  worker.send(init);
  const [answer] = (await once(worker, 'message')) as [MessageFromWorker];
  if (answer.type === 'ready') return worker;
  throw new Error(`The worker did not start: ${answer.reason}`);
}

interface Scenario {
  readonly scenario: string;
  readonly outstanding: readonly number[];
  readonly socketPath: string;
  readonly seconds: number;
}

async function runScenario(options: Scenario): Promise<FairnessRow[]> {
  const { scenario, outstanding, socketPath, seconds } = options;
  const events = { onLost: () => undefined, onHang: () => undefined };
  const links = await Promise.all(
    outstanding.map(() => WorkerLink.open('bench', socketPath, events)),
  );
  const untilMs = performance.now() + seconds * 1000;
  const waits = await Promise.all(
    links.map((link, connection) => keepBusy(link, outstanding[connection] ?? 1, untilMs)),
  );
  for (const link of links) link.close();
  const total = waits.reduce((sum, { length }) => sum + length, 0);
  const waitMs = waits.map((each) => (each.length === 0 ? Infinity : mean(each)));
  return waits.map(({ length }, connection) => {
    const isPeer = (_: unknown, peer: number): boolean =>
      outstanding[peer] === outstanding[connection];
    const longestMs = length === 0 ? Infinity : Math.max(...(waits[connection] ?? []));
    return {
      scenario,
      connection,
      outstanding: outstanding[connection] ?? 1,
      batches: length,
      waitMs: rounded(waitMs[connection] ?? NaN),
      turnMs: rounded((seconds * 1000) / length),
      ofFairTurn: rounded(total / links.length / length),
      maxToMedian: rounded(maxToMedian(waitMs.filter(isPeer))),
      longestToMedian: rounded(longestMs / median(waits.filter(isPeer).flat())),
    };
  });
}

function maxToMedian(waits: readonly number[]): number {
  const largest = Math.max(...waits);
  return largest === Infinity ? Infinity : largest / median(waits);
}

/** Keeps so many batches at the worker, and returns how long each of them waited. */
async function keepBusy(link: WorkerLink, outstanding: number, untilMs: number): Promise<number[]> {
  const method = link.hello.methods.find(({ name }) => name === 'work');
  if (method === undefined) throw new Error('The worker does not offer "work".');
  const batch: Batch = { method, calls: [], rows: 1, args: [], deadline: Infinity };
  const waits: number[] = [];
  const one = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const sentAt = performance.now();
      await link.run(batch);
      if (performance.now() < untilMs) waits.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: outstanding }, one));
  return waits;
}
