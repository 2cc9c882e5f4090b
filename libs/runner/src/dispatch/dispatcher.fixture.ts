import { NdArray } from 'bentonest/tensor';
import { TensorChunks } from '../wire/tensor-chunks.js';
import type { Batch } from './batch.js';
import { Dispatcher } from './dispatcher.js';
import type { DispatcherOptions } from './dispatcher.options.js';
import type { ManualClock } from './manual-clock.fixture.js';
import type { BatchTarget } from './target-slots.js';

interface Running {
  readonly batch: Batch;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A worker whose batches a spec finishes by hand. */
export class ManualTarget implements BatchTarget {
  readonly running: Running[] = [];
  readonly seen: Batch[] = [];
  readonly cancelled: Batch[] = [];
  readonly ended: string[] = [];

  run(batch: Batch): Promise<unknown> {
    this.seen.push(batch);
    return new Promise((resolve, reject) => this.running.push({ batch, resolve, reject }));
  }

  cancel(batch: Batch): void {
    this.cancelled.push(batch);
  }

  terminate(reason: string): void {
    this.ended.push(reason);
  }

  /** Answers each row with its own first value, as an identity model does. */
  async finish(): Promise<void> {
    const next = this.running.shift();
    if (next === undefined) throw new Error('Nothing runs.');
    next.resolve(rowsOf(next.batch));
    await settled();
  }

  async fail(error: unknown): Promise<void> {
    this.running.shift()?.reject(error);
    await settled();
  }

  /** Rows of each batch that it was given. */
  get sizes(): number[] {
    return this.seen.map(({ rows }) => rows);
  }
}

export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function rowsOf(batch: Batch): NdArray {
  const [arg] = batch.args;
  const chunks = arg instanceof TensorChunks ? arg.chunks : [(arg as NdArray).data];
  const values = chunks.flatMap((chunk) => Array.from(chunk as Float32Array));
  return new NdArray('float32', Float32Array.from(values), [batch.rows]);
}

export function vector(...values: number[]): NdArray {
  return NdArray.from(values, { dtype: 'float32' });
}

export const values = (result: unknown): number[] =>
  Array.from((result as NdArray).data as Float32Array);

export const DEFAULTS = {
  runner: 'r',
  maxBatchSize: 4,
  maxLatencyMs: 0,
  maxQueue: 100,
  timeoutMs: 1000,
  hangTimeoutMs: 2000,
  inFlight: 1,
};

const BATCH_DIM = [0, 0] as const;

/** A dispatcher of a runner with a batchable method, one that is not, and one that may run twice. */
export function createDispatcher(
  clock: ManualClock,
  options: Partial<DispatcherOptions> = {},
): Dispatcher {
  const dispatcher = new Dispatcher({ ...DEFAULTS, clock, ...options });
  const methods = [
    { name: 'predict', batchable: true, batchDim: BATCH_DIM },
    { name: 'single', batchable: false, batchDim: BATCH_DIM },
    { name: 'again', batchable: true, batchDim: BATCH_DIM, idempotent: true },
  ];
  dispatcher.describe(methods, (_method, args) => args);
  return dispatcher;
}

/** Runs batches of 1 and 2 rows that take `a·rows + b`, until the dispatcher dares to predict. */
export async function teach(
  dispatcher: Dispatcher,
  target: ManualTarget,
  clock: ManualClock,
  { a, b }: { readonly a: number; readonly b: number },
): Promise<void> {
  for (let i = 0; i < 12; i++) {
    const rows = 1 + (i % 2);
    const rowsOfCall = vector(...Array<number>(rows).fill(i));
    const call = dispatcher.call('predict', [rowsOfCall], { timeoutMs: 1e6 });
    await clock.turn();
    await clock.advance(a * rows + b);
    await target.finish();
    await call;
  }
  target.seen.length = 0;
}
