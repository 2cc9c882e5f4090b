import { beforeEach, describe, expect, it } from 'vitest';
import { RunnerWorkerLostError } from '../runner.errors.js';
import { CallScope } from './call-scope.js';
import { ManualTarget, createDispatcher, teach, values, vector } from './dispatcher.fixture.js';
import type { Dispatcher } from './dispatcher.js';
import type { DispatcherOptions } from './dispatcher.options.js';
import { ManualClock } from './manual-clock.fixture.js';

let clock: ManualClock;
let target: ManualTarget;

beforeEach(() => {
  clock = new ManualClock();
  target = new ManualTarget();
});

const rowsOf = (batch: number): number[] =>
  target.seen[batch].calls.flatMap(({ prepared }) => values(prepared.args[0]));

describe('priorities', () => {
  it('are taken highest first, in order among equals; like calls of lower ones fill the room', async () => {
    const dispatcher = createDispatcher(clock, { maxBatchSize: 3 });
    const priorities = [0, -1, 5, 0, 5, 5, 5];
    for (const [i, priority] of priorities.entries()) {
      void dispatcher.call('predict', [vector(i)], { priority });
    }
    dispatcher.attach(target);
    await clock.turn();
    for (let i = 0; i < 3; i++) await target.finish();
    expect([rowsOf(0), rowsOf(1), rowsOf(2)]).toEqual([[2, 4, 5], [6, 0, 3], [1]]);
  });

  it('do not mix methods or shapes', async () => {
    const dispatcher = createDispatcher(clock);
    void dispatcher.call('predict', [vector(1)]);
    void dispatcher.call('again', [vector(2)], { priority: 1 });
    dispatcher.attach(target);
    await clock.turn();
    expect(target.seen[0].method.name).toBe('again');
    expect(rowsOf(0)).toEqual([2]);
  });
});

describe('priorities under load', () => {
  /** A row takes nothing, a batch 100 ms; one batch runs and 12 calls of low priority wait. */
  async function createLoaded(
    options: Partial<DispatcherOptions> = {},
  ): Promise<{ dispatcher: Dispatcher; low: Promise<unknown>[] }> {
    const dispatcher = createDispatcher(clock, { timeoutMs: 5000, ...options });
    dispatcher.attach(target);
    await teach(dispatcher, target, clock, { a: 0, b: 100 });
    const low: Promise<unknown>[] = [];
    for (let i = 0; i < 16; i++) {
      low.push(dispatcher.call('predict', [vector(i)]));
      if (i === 3) await clock.turn();
    }
    void Promise.allSettled(low);
    return { dispatcher, low };
  }

  it('a call is not refused for what waits behind it', async () => {
    const { dispatcher } = await createLoaded();
    const options = { timeoutMs: 350 };
    await expect(dispatcher.call('predict', [vector(1)], options)).rejects.toMatchObject({
      code: 'RUNNER_OVERLOADED',
    });
    const urgent = dispatcher.call('predict', [vector(99)], { ...options, priority: 9 });
    await clock.advance(100);
    await target.finish();
    await clock.advance(100);
    await target.finish();
    expect(values(await urgent)).toEqual([99]);
    expect(rowsOf(1)).toEqual([99, 4, 5, 6]);
  });

  it('a call is refused for what waits before it, given-up calls not among it', async () => {
    const { dispatcher } = await createLoaded();
    const urgent = { timeoutMs: 350, priority: 9 };
    const aborts = Array.from({ length: 12 }, () => new AbortController());
    void Promise.allSettled(
      aborts.map(({ signal }) =>
        dispatcher.call('predict', [vector(1)], { priority: 9, timeoutMs: 5000, signal }),
      ),
    );
    await expect(dispatcher.call('predict', [vector(1)], urgent)).rejects.toMatchObject({
      message: expect.stringMatching(/would answer in 5\d\d ms/) as string,
    });
    for (const abort of aborts) abort.abort();
    const accepted = dispatcher.call('predict', [vector(99)], urgent);
    await target.finish();
    await target.finish();
    expect(values(await accepted)).toEqual([99]);
  });

  it('a call that finds the queue full takes the place of the last one of the lowest priority', async () => {
    const { dispatcher, low } = await createLoaded({ maxQueue: 12 });
    const same = dispatcher.call('predict', [vector(1)]);
    await expect(same).rejects.toMatchObject({ details: { reason: 'queue_full' } });
    const urgent = dispatcher.call('predict', [vector(99)], { priority: 1 });
    await expect(low[15]).rejects.toMatchObject({ details: { reason: 'queue_full' } });
    expect(dispatcher.depth).toBe(12);
    await expect(dispatcher.call('predict', [7], { priority: 2 })).rejects.toMatchObject({
      code: 'NOT_BATCHABLE',
    });
    expect(dispatcher.depth).toBe(12);
    await target.finish();
    await target.finish();
    expect(values(await urgent)).toEqual([99]);
    expect(values(await low[3])).toEqual([3]);
  });

  it('no trace stays of priorities that came once', async () => {
    const dispatcher = createDispatcher(clock);
    dispatcher.attach(target);
    for (let priority = 0; priority < 200; priority++) {
      const call = dispatcher.call('predict', [vector(1)], { priority });
      await clock.turn();
      await target.finish();
      await call;
    }
    const { queues } = dispatcher as unknown as { queues: { levels: unknown[] } };
    expect(queues.levels.length).toBeLessThanOrEqual(16);
  });
});

describe('several workers', () => {
  it('take turns when they are idle', async () => {
    const dispatcher = createDispatcher(clock);
    const other = new ManualTarget();
    dispatcher.attach(target);
    dispatcher.attach(other);
    for (let i = 0; i < 4; i++) {
      const call = dispatcher.call('predict', [vector(i)]);
      await clock.turn();
      await clock.advance(5);
      await (target.running.length > 0 ? target : other).finish();
      await call;
    }
    expect([target.sizes, other.sizes]).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  /** Batches of one row that take so long, in turn, until the dispatcher dares to predict. */
  async function teachPaces(
    dispatcher: Dispatcher,
    paces: readonly (readonly [worker: ManualTarget, ms: number])[],
  ): Promise<void> {
    for (let i = 0; i < 12; i++) {
      const [worker, ms] = paces[i % paces.length];
      const call = dispatcher.call('predict', [vector(i)]);
      await clock.turn();
      await clock.advance(ms);
      await worker.finish();
      await call;
    }
    for (const [worker] of paces) worker.seen.length = 0;
  }

  it.each([
    ['the faster one first', 30, 90, [1], [1, 1]],
    ['the faster one first, the other way round', 90, 30, [1, 1], [1]],
  ])(
    'with room for several batches each, %s',
    async (_name, otherMs, targetMs, onTarget, onOther) => {
      const dispatcher = createDispatcher(clock, { inFlight: 2, maxBatchSize: 1 });
      const other = new ManualTarget();
      dispatcher.attach(target);
      dispatcher.attach(other);
      await teachPaces(dispatcher, [
        [target, targetMs],
        [other, otherMs],
      ]);
      void Promise.all([1, 2, 3].map((value) => dispatcher.call('predict', [vector(value)])));
      await clock.turn();
      expect([target.sizes, other.sizes]).toEqual([onTarget, onOther]);
    },
  );

  it('with room for several batches each, the one whose batch is smaller is next', async () => {
    const dispatcher = createDispatcher(clock, { inFlight: 2, maxBatchSize: 8 });
    const other = new ManualTarget();
    dispatcher.attach(target);
    await teach(dispatcher, target, clock, { a: 10, b: 10 });
    dispatcher.attach(other);
    // `other` has rested longest: it gets the first.
    for (const rows of [8, 1, 2]) {
      void dispatcher.call('predict', [vector(...Array<number>(rows).fill(1))]);
      await clock.turn();
      await clock.advance(1);
    }
    expect([other.sizes, target.sizes]).toEqual([[8], [1, 2]]);
  });

  it('with room for several batches each, an idle one is before a busy one, and none is overfilled', async () => {
    const dispatcher = createDispatcher(clock, { inFlight: 2, maxBatchSize: 1 });
    const other = new ManualTarget();
    dispatcher.attach(target);
    dispatcher.attach(other);
    for (const value of [1, 2, 3, 4, 5]) void dispatcher.call('predict', [vector(value)]);
    await clock.turn();
    expect([target.sizes, other.sizes]).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(dispatcher.depth).toBe(1);
    await other.finish();
    expect(other.sizes).toEqual([1, 1, 1]);
  });

  it('one that drains finishes what it runs and gets nothing more', async () => {
    const dispatcher = createDispatcher(clock);
    dispatcher.attach(target);
    const running = dispatcher.call('predict', [vector(1)]);
    await clock.turn();
    let isDrained = false;
    const drained = dispatcher.drain(target).then(() => (isDrained = true));
    void dispatcher.call('predict', [vector(2)]);
    await clock.turn();
    expect(isDrained).toBe(false);
    await target.finish();
    await drained;
    expect(values(await running)).toEqual([1]);
    expect(target.sizes).toEqual([1]);
    expect(dispatcher.depth).toBe(1);
  });
});

describe('a batch', () => {
  it('that hangs ends its worker, after hangTimeoutMs and never before its deadline', async () => {
    const dispatcher = createDispatcher(clock, { timeoutMs: 100, hangTimeoutMs: 200 });
    dispatcher.attach(target);
    const late = dispatcher.call('predict', [vector(1)]);
    const patient = dispatcher.call('predict', [vector(2)], { timeoutMs: 500 });
    const outcomes = Promise.allSettled([late, patient]);
    await clock.turn();
    await clock.advance(110);
    expect(target.ended).toEqual([]);
    await clock.advance(200);
    expect(target.ended).toEqual([]);
    await clock.advance(200);
    expect(target.ended).toEqual(['a call of "predict" hung']);
    await target.fail(new RunnerWorkerLostError('r'));
    expect((await outcomes).map((each) => (each as PromiseRejectedResult).reason.code)).toEqual([
      'RUNNER_TIMEOUT',
      'RUNNER_TIMEOUT',
    ]);
  });

  it('whose callers have all left is cancelled, and keeps its worker until it ends', async () => {
    const dispatcher = createDispatcher(clock);
    dispatcher.attach(target);
    const aborts = [new AbortController(), new AbortController()];
    const calls = aborts.map(({ signal }) => dispatcher.call('predict', [vector(1)], { signal }));
    void Promise.allSettled(calls);
    await clock.turn();
    aborts[0].abort();
    expect(target.cancelled).toEqual([]);
    aborts[1].abort();
    expect(target.cancelled).toEqual([target.seen[0]]);
    void dispatcher.call('predict', [vector(2)]);
    await clock.turn();
    expect(target.sizes).toEqual([2]);
    await target.finish();
    expect(target.sizes).toEqual([2, 1]);
  });

  it('of an idempotent method is tried once more where its worker died, each call alone', async () => {
    const dispatcher = createDispatcher(clock);
    dispatcher.attach(target);
    const again = [1, 2].map((value) => dispatcher.call('again', [vector(value)]));
    await clock.turn();
    await target.fail(new RunnerWorkerLostError('r'));
    const second = new ManualTarget();
    dispatcher.attach(second);
    await clock.turn();
    expect(second.sizes).toEqual([1]);
    const outcomes = Promise.allSettled(again);
    await second.fail(new RunnerWorkerLostError('r'));
    const third = new ManualTarget();
    dispatcher.attach(third);
    await clock.turn();
    await third.finish();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });
});

describe('a scope', () => {
  it('aborts the calls made in it: a queued one is never run', async () => {
    const dispatcher = createDispatcher(clock);
    const scope = new CallScope();
    const inside = scope.run(() => dispatcher.call('predict', [vector(1)]));
    const outside = dispatcher.call('predict', [vector(2)]);
    scope.abort('gone');
    await expect(inside).rejects.toMatchObject({ code: 'CALL_ABORTED', cause: 'gone' });
    await expect(scope.run(() => dispatcher.call('predict', [vector(3)]))).rejects.toMatchObject({
      code: 'CALL_ABORTED',
    });
    dispatcher.attach(target);
    await clock.turn();
    await target.finish();
    expect(values(await outside)).toEqual([2]);
    expect(target.sizes).toEqual([1]);
    expect(dispatcher.pending).toBe(0);
  });

  it('ends with the function, or follows its promises; the inner one counts', async () => {
    const [outer, inner] = [new CallScope(), new CallScope()];
    await outer.run(async () => {
      expect(CallScope.current).toBe(outer);
      inner.run(() => expect(CallScope.current).toBe(inner));
      expect(CallScope.current).toBe(outer);
      await Promise.resolve();
      expect(CallScope.current).toBeUndefined();
    });
    await outer.runAsync(async () => {
      await Promise.resolve();
      expect(CallScope.current).toBe(outer);
    });
    expect(CallScope.current).toBeUndefined();
  });

  it('forgets calls that are settled', async () => {
    const dispatcher = createDispatcher(clock);
    dispatcher.attach(target);
    const scope = new CallScope();
    const call = scope.run(() => dispatcher.call('predict', [vector(1)]));
    await clock.turn();
    await target.finish();
    await call;
    expect((scope as unknown as { calls: Map<unknown, unknown> }).calls.size).toBe(0);
  });
});
