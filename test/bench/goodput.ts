import { NdArray } from 'bentonest/tensor';
import { Dispatcher } from './internals.js';
import type { Batch, BatchTarget } from './internals.js';
import { poissonIntervals } from './random.js';
import { SimulatedClock } from './simulated-clock.js';
import { rounded } from './statistics.js';

/** A model whose batch of n rows takes a·n + b milliseconds, exactly. */
export interface SimulatedModel {
  readonly a: number;
  readonly b: number;
  readonly maxBatchSize: number;
}

export interface GoodputOptions {
  /** Arrivals, relative to what the model can do in full batches. */
  readonly load: number;
  readonly seconds: number;
  readonly seed: number;
}

export interface Goodput {
  /** Calls that were made. */
  readonly calls: number;
  readonly inTime: number;
  /** Failed at once, because they would have been late. */
  readonly refused: number;
  /** Answered after their deadline: the worker's time was wasted on them. */
  readonly late: number;
  /** Failed at their deadline. */
  readonly expired: number;
  /** What a scheduler that knew the future could have answered in time. */
  readonly ideal: number;
  /** `inTime / ideal`. */
  readonly goodput: number;
}

export const MODELS: Readonly<Record<string, SimulatedModel>> = {
  balanced: { a: 0.1, b: 2, maxBatchSize: 32 },
  'mostly fixed cost': { a: 0.02, b: 10, maxBatchSize: 128 },
  'mostly per row': { a: 2, b: 0.5, maxBatchSize: 8 },
};
export const LOADS = [0.5, 0.9, 2];

/** Deadline of a call, in full batches. */
const DEADLINE_BATCHES = 10;

/** Poisson arrivals of calls of one row, each with a deadline, at one worker, in simulated time. */
export async function simulateGoodput(
  model: SimulatedModel,
  { load, seconds, seed }: GoodputOptions,
): Promise<Goodput> {
  const clock = new SimulatedClock();
  const fullBatchMs = serviceMs(model, model.maxBatchSize);
  const capacity = model.maxBatchSize / fullBatchMs;
  const endMs = seconds * 1000;
  const dispatcher = createDispatcher(model, clock, DEADLINE_BATCHES * fullBatchMs);
  const count = { calls: 0, inTime: 0, refused: 0, late: 0, expired: 0 };
  const interval = poissonIntervals(1 / (load * capacity), seed);
  const row = NdArray.from([[1, 2, 3, 4]], { dtype: 'float32' });

  const arrive = (): void => {
    const calledAt = clock.now();
    const deadline = calledAt + DEADLINE_BATCHES * fullBatchMs;
    count.calls++;
    dispatcher.call('predict', [row]).then(
      () => (clock.now() <= deadline ? count.inTime++ : count.late++),
      () => (clock.now() > calledAt ? count.expired++ : count.refused++),
    );
    clock.setTimer(arrive, interval());
  };
  clock.setTimer(arrive, interval());
  await clock.runUntil(endMs);
  const ideal = Math.min(count.calls, Math.floor(capacity * endMs));
  return { ...count, ideal, goodput: count.inTime / ideal };
}

function serviceMs({ a, b }: SimulatedModel, rows: number): number {
  return a * rows + b;
}

function createDispatcher(
  model: SimulatedModel,
  clock: SimulatedClock,
  timeoutMs: number,
): Dispatcher {
  const { maxBatchSize } = model;
  const dispatcher = new Dispatcher({
    runner: 'simulated',
    maxBatchSize,
    maxLatencyMs: 0,
    maxQueue: 2048,
    timeoutMs,
    hangTimeoutMs: 100 * timeoutMs,
    inFlight: 1,
    clock,
  });
  dispatcher.describe(
    [{ name: 'predict', batchable: true, batchDim: [0, 0] }],
    (_method, args) => args,
  );
  dispatcher.attach(new SimulatedTarget(model, clock));
  return dispatcher;
}

/** Runs one batch at a time, as a worker does. */
class SimulatedTarget implements BatchTarget {
  private freeAt = 0;

  constructor(
    private readonly model: SimulatedModel,
    private readonly clock: SimulatedClock,
  ) {}

  run({ rows }: Batch): Promise<unknown> {
    const now = this.clock.now();
    this.freeAt = Math.max(now, this.freeAt) + serviceMs(this.model, rows);
    const result = new NdArray('float32', new Float32Array(rows), [rows]);
    return new Promise((resolve) => {
      this.clock.setTimer(() => resolve(result), this.freeAt - now);
    });
  }
}

export async function goodputTable(seconds: number): Promise<object[]> {
  const rows: object[] = [];
  for (const [name, model] of Object.entries(MODELS)) {
    for (const load of LOADS) {
      const result = await simulateGoodput(model, { load, seconds, seed: 1 });
      rows.push({ model: name, ...model, load, ...result, goodput: rounded(result.goodput) });
    }
  }
  return rows;
}
