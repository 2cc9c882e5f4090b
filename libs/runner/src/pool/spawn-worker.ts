import type { RunnableSource } from '../worker/load-runnable.js';
import type { PoolOptions } from './pool.options.js';
import { executionArguments, workerEnvironment } from './worker-environment.js';
import { WorkerProcess } from './worker-process.js';
import type { WorkerEvents } from './worker-process.js';

interface WorkerPlace {
  readonly source: RunnableSource;
  readonly index: number;
  readonly socketPath: string;
}

/** Starts a worker process of a runner, by the runner's options. */
export function spawnWorker(
  { source, index, socketPath }: WorkerPlace,
  { runner, startTimeoutMs, warmup, gpus, maxHeapMb }: PoolOptions,
  events: WorkerEvents,
): WorkerProcess {
  const { command, ...runnable } = source;
  const init = { type: 'init' as const, runner, socketPath, warmup, ...runnable };
  return new WorkerProcess(init, events, {
    index,
    startTimeoutMs,
    command,
    env: workerEnvironment(index, gpus),
    execArgv: executionArguments(process.execArgv, maxHeapMb),
  });
}

/** Workers keep their number when they are replaced: it says which GPU is theirs. */
export function freeIndex(workers: readonly WorkerProcess[]): number {
  const taken = new Set(workers.map(({ index }) => index));
  let index = 0;
  while (taken.has(index)) index++;
  return index;
}
