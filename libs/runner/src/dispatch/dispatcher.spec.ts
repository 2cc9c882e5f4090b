import { NdArray } from 'bentonest/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import { RowCountError, RunnerWorkerLostError } from '../runner.errors.js';
import {
  DEFAULTS,
  ManualTarget,
  createDispatcher as create,
  settled,
  values,
  vector,
} from './dispatcher.fixture.js';
import { Dispatcher } from './dispatcher.js';
import type { DispatcherOptions } from './dispatcher.options.js';
import { ManualClock } from './manual-clock.fixture.js';

let clock: ManualClock;
let target: ManualTarget;

const createDispatcher = (options: Partial<DispatcherOptions> = {}): Dispatcher =>
  create(clock, options);
const sizes = (): number[] => target.sizes;

beforeEach(() => {
  clock = new ManualClock();
  target = new ManualTarget();
});

describe('batching', () => {
  it('sends what came in one turn together, and what came while the worker was busy after it', async () => {
    const dispatcher = createDispatcher();
    dispatcher.attach(target);
    const first = [
      dispatcher.call('predict', [vector(1)]),
      dispatcher.call('predict', [vector(2)]),
    ];
    await clock.turn();
    const later = [3, 4, 5].map((value) => dispatcher.call('predict', [vector(value)]));
    await clock.turn();
    expect(sizes()).toEqual([2]);
    await target.finish();
    expect(sizes()).toEqual([2, 3]);
    await target.finish();
    const results = await Promise.all([...first, ...later]);
    expect(results.map(values)).toEqual([[1], [2], [3], [4], [5]]);
  });

  it('counts rows exactly: a call of maxBatchSize rows runs alone, and none is passed over', async () => {
    const dispatcher = createDispatcher();
    const calls = [vector(1, 2, 3), vector(4, 5), vector(6, 7, 8, 9), vector(10)].map((array) =>
      dispatcher.call('predict', [array]),
    );
    dispatcher.attach(target);
    await clock.turn();
    for (let i = 0; i < 4; i++) await target.finish();
    expect(sizes()).toEqual([3, 2, 4, 1]);
    expect((await Promise.all(calls)).map(values)).toEqual([[1, 2, 3], [4, 5], [6, 7, 8, 9], [10]]);
  });

  it('splits a call that is larger than a batch and joins its results in order', async () => {
    const dispatcher = createDispatcher();
    dispatcher.attach(target);
    const call = dispatcher.call('predict', [vector(1, 2, 3, 4, 5, 6, 7, 8, 9)]);
    await clock.turn();
    for (let i = 0; i < 3; i++) await target.finish();
    expect(sizes()).toEqual([4, 4, 1]);
    expect(values(await call)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('fails a split call whose results do not fit together, and it alone', async () => {
    const dispatcher = createDispatcher();
    dispatcher.attach(target);
    const call = dispatcher.call('predict', [vector(1, 2, 3, 4, 5)]);
    const outcome = Promise.allSettled([call]);
    await clock.turn();
    target.running.shift()?.resolve(NdArray.from([[1], [2], [3], [4]]));
    await settled();
    target.running.shift()?.resolve(NdArray.from([[5, 5]]));
    expect(await outcome).toMatchObject([{ reason: { code: 'RUNNER_FAILED', statusCode: 500 } }]);
    expect(dispatcher.pending).toBe(0);
  });

  it('never joins other shapes or dtypes, and serves the oldest first', async () => {
    const dispatcher = createDispatcher();
    const wide = NdArray.from([[1, 1]], { dtype: 'float32' });
    const calls = [vector(1), wide, vector(2)].map((array) => dispatcher.call('predict', [array]));
    await clock.advance(1);
    calls.push(dispatcher.call('predict', [NdArray.from([1], { dtype: 'float64' })]));
    dispatcher.attach(target);
    await clock.turn();
    expect(target.seen[0]?.rows).toBe(2);
    await target.finish();
    expect(target.seen[1]?.args[0]).toBe(wide);
    const outcomes = Promise.allSettled(calls);
    await target.fail(new RowCountError('predict', 1, 'test'));
    expect(target.seen[2]?.args[0]).toMatchObject({ dtype: 'float64' });
    await target.finish();
    const statuses = (await outcomes).map(({ status }) => status);
    expect(statuses).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  });

  it('runs calls of a method that is not batchable one by one', async () => {
    const dispatcher = createDispatcher();
    dispatcher.attach(target);
    const calls = [1, 2].map((value) => dispatcher.call('single', [{ value }]));
    await clock.turn();
    expect(target.seen).toHaveLength(1);
    target.running.shift()?.resolve('a');
    await settled();
    target.running.shift()?.resolve('b');
    expect(await Promise.all(calls)).toEqual(['a', 'b']);
  });
});

describe('failures', () => {
  it('tries the calls of a failed batch singly, once, so that only the bad one fails', async () => {
    const dispatcher = createDispatcher();
    dispatcher.attach(target);
    const calls = [1, 2, 3].map((value) => dispatcher.call('predict', [vector(value)]));
    const outcomes = Promise.allSettled(calls);
    await clock.turn();
    await target.fail(new Error('bad row'));
    await clock.turn();
    await target.finish();
    await target.fail(new Error('bad row'));
    await target.finish();
    expect(sizes()).toEqual([3, 1, 1, 1]);
    expect((await outcomes).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
  });

  it('fails the batch of a lost worker and keeps the rest for the next one', async () => {
    const dispatcher = createDispatcher();
    dispatcher.attach(target);
    const inFlight = dispatcher.call('predict', [vector(1)]);
    await clock.turn();
    const queued = dispatcher.call('predict', [vector(2)]);
    dispatcher.detach(target);
    await Promise.all([
      expect(inFlight).rejects.toMatchObject({ code: 'RUNNER_WORKER_LOST', statusCode: 503 }),
      target.fail(new RunnerWorkerLostError('r')),
    ]);
    const next = new ManualTarget();
    dispatcher.attach(next);
    await clock.turn();
    await next.finish();
    expect(values(await queued)).toEqual([2]);
  });

  it('refuses a batchable result whose rows are not those of its calls', async () => {
    const dispatcher = createDispatcher();
    dispatcher.attach(target);
    const call = dispatcher.call('predict', [vector(1, 2)]);
    await clock.turn();
    target.running.shift()?.resolve(vector(1, 2, 3));
    await expect(call).rejects.toMatchObject({ code: 'ROW_COUNT_MISMATCH', statusCode: 500 });
  });

  it('names the methods there are for one there is not', async () => {
    const dispatcher = createDispatcher();
    await expect(dispatcher.call('predikt', [vector(1)])).rejects.toThrow(
      'has no method "predikt". It has: predict, single, again',
    );
  });

  it('asks for NdArrays in a batchable method, with equal rows', async () => {
    const dispatcher = createDispatcher();
    await expect(dispatcher.call('predict', [[1, 2]])).rejects.toThrow(
      'got a list; use NdArray.from',
    );
    await expect(dispatcher.call('predict', [vector(1), vector(1, 2)])).rejects.toThrow(
      'expected 1, got 2 in argument 1',
    );
  });
});

describe('limits', () => {
  it('refuses with Retry-After what would be the call after maxQueue', async () => {
    const dispatcher = createDispatcher({ maxQueue: 2 });
    const accepted = [1, 2].map((value) => dispatcher.call('predict', [vector(value)]));
    const refused = dispatcher.call('predict', [vector(3)]);
    await expect(refused).rejects.toMatchObject({ code: 'RUNNER_OVERLOADED', retryAfterMs: 1000 });
    dispatcher.attach(target);
    await clock.turn();
    await target.finish();
    await Promise.all(accepted);
    expect(dispatcher.pending).toBe(0);
  });

  it('counts a call that is split once', async () => {
    const dispatcher = createDispatcher({ maxQueue: 2 });
    const large = dispatcher.call('predict', [vector(...Array(400).keys())]);
    const small = dispatcher.call('predict', [vector(1)]);
    expect(dispatcher.depth).toBe(2);
    expect(dispatcher.methodStatuses).toMatchObject([{ waiting: 2, waitingRows: 401, running: 0 }]);
    await expect(dispatcher.call('predict', [vector(1)])).rejects.toThrow('2 calls waiting');
    dispatcher.attach(target);
    await clock.turn();
    await target.finish();
    // A part of it runs and 98 wait.
    expect(dispatcher.depth).toBe(2);
    for (let i = 0; i < 99; i++) await target.finish();
    expect(values(await large)).toHaveLength(400);
    expect([dispatcher.depth, dispatcher.pending]).toEqual([0, 1]);
    await target.finish();
    await small;
    expect(dispatcher.pending).toBe(0);
  });

  it('answers at the deadline whether the call waits or runs, and never runs what has expired', async () => {
    const dispatcher = createDispatcher({ timeoutMs: 100 });
    dispatcher.attach(target);
    const running = dispatcher.call('predict', [vector(1)]);
    await clock.turn();
    const waiting = dispatcher.call('predict', [vector(2)]);
    const patient = dispatcher.call('predict', [vector(3)], { timeoutMs: 500 });
    const expired = Promise.allSettled([running, waiting]);
    await clock.advance(101);
    expect(await expired).toMatchObject([
      { reason: { code: 'RUNNER_TIMEOUT', statusCode: 504 } },
      { reason: { code: 'RUNNER_TIMEOUT', statusCode: 504 } },
    ]);
    await target.finish();
    expect(target.seen[1]?.rows).toBe(1);
    await target.finish();
    expect(values(await patient)).toEqual([3]);
  });

  it('never runs what has expired while the event loop was busy, and the timer is late', async () => {
    const dispatcher = createDispatcher({ timeoutMs: 100 });
    dispatcher.attach(target);
    const running = dispatcher.call('predict', [vector(1)], { timeoutMs: 500 });
    await clock.turn();
    const expired = dispatcher.call('predict', [vector(2)]);
    const split = dispatcher.call('predict', [vector(3, 4, 5, 6, 7, 8)]);
    const patient = dispatcher.call('predict', [vector(9)], { timeoutMs: 500 });
    const lost = Promise.allSettled([expired, split]);
    clock.skip(150);
    await target.finish();
    await target.finish();
    expect(await lost).toMatchObject([
      { reason: { code: 'RUNNER_TIMEOUT' } },
      { reason: { code: 'RUNNER_TIMEOUT' } },
    ]);
    expect([values(await running), values(await patient)]).toEqual([[1], [9]]);
    expect(target.sizes).toEqual([1, 1]);
    expect([dispatcher.depth, dispatcher.pending]).toEqual([0, 0]);
  });

  it('checks what waits anew when a model that takes other calls takes over', async () => {
    const dispatcher = createDispatcher();
    const calls = [vector(1), vector(2), vector(3, 4, 5, 6, 7)].map((array) =>
      dispatcher.call('predict', [array]),
    );
    const gone = dispatcher.call('single', [vector(6)]);
    const lost = Promise.allSettled([calls[1], gone]);
    dispatcher.describe(
      [{ name: 'predict', batchable: true, batchDim: [0, 0] }],
      (_method, args) => {
        if (values(args[0])[0] === 2) throw new RangeError('takes no 2');
        return args;
      },
    );
    dispatcher.attach(target);
    await clock.turn();
    while (dispatcher.pending > 0) await target.finish();
    expect(await lost).toMatchObject([
      { reason: { message: 'takes no 2' } },
      { reason: { code: 'UNKNOWN_RUNNER_METHOD' } },
    ]);
    expect([values(await calls[0]), values(await calls[2])]).toEqual([[1], [3, 4, 5, 6, 7]]);
    expect(target.sizes).toEqual([1, 4, 1]);
  });

  it('never runs a queued call whose caller aborted it', async () => {
    const dispatcher = createDispatcher();
    const abort = new AbortController();
    const aborted = dispatcher.call('predict', [vector(1)], { signal: abort.signal });
    const kept = dispatcher.call('predict', [vector(2)]);
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'CALL_ABORTED' });
    dispatcher.attach(target);
    await clock.turn();
    expect(sizes()).toEqual([1]);
    await target.finish();
    expect(values(await kept)).toEqual([2]);
    expect(dispatcher.pending).toBe(0);
  });

  it('drops all parts of a split call that was aborted', async () => {
    const dispatcher = createDispatcher({ maxBatchSize: 1 });
    const abort = new AbortController();
    const call = dispatcher.call('predict', [vector(1, 2, 3)], { signal: abort.signal });
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: 'CALL_ABORTED' });
    expect(dispatcher.pending).toBe(0);
    dispatcher.attach(target);
    await clock.turn();
    expect(target.seen).toHaveLength(0);
  });
});

describe('before the first worker', () => {
  it('keeps calls until it knows the methods, then checks and runs them in order', async () => {
    const dispatcher = new Dispatcher({ ...DEFAULTS, timeoutMs: 100, clock });
    const good = dispatcher.call('predict', [vector(1)]);
    const bad = dispatcher.call('nope', []);
    const late = dispatcher.call('predict', [vector(2)], { timeoutMs: 10 });
    const failures = Promise.allSettled([bad, late]);
    await clock.advance(50);
    dispatcher.describe(
      [{ name: 'predict', batchable: true, batchDim: [0, 0] }],
      (_, args) => args,
    );
    dispatcher.attach(target);
    await clock.turn();
    await target.finish();
    expect(values(await good)).toEqual([1]);
    expect(await failures).toMatchObject([
      { reason: { code: 'UNKNOWN_RUNNER_METHOD' } },
      { reason: { code: 'RUNNER_TIMEOUT' } },
    ]);
    expect(sizes()).toEqual([1]);
  });

  it('fails what waits, and what comes, when the runner gives up', async () => {
    const dispatcher = createDispatcher();
    const waiting = dispatcher.call('predict', [vector(1)]);
    dispatcher.refuse(new RunnerWorkerLostError('r'));
    await expect(waiting).rejects.toThrow(RunnerWorkerLostError);
    await expect(dispatcher.call('predict', [vector(1)])).rejects.toThrow(RunnerWorkerLostError);
    dispatcher.accept();
    dispatcher.attach(target);
    const after = dispatcher.call('predict', [vector(2)]);
    await clock.turn();
    await target.finish();
    expect(values(await after)).toEqual([2]);
  });
});
