import { NdArray } from 'bentonest/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualTarget, createDispatcher, teach, vector } from './dispatcher.fixture.js';
import type { Dispatcher } from './dispatcher.js';
import { ManualClock } from './manual-clock.fixture.js';

let clock: ManualClock;
let target: ManualTarget;

beforeEach(() => {
  clock = new ManualClock();
  target = new ManualTarget();
});

/** A dispatcher that knows: a batch takes 20 ms, however many rows it has. */
async function createTaught(maxLatencyMs: number): Promise<Dispatcher> {
  const dispatcher = createDispatcher(clock, { maxLatencyMs, maxBatchSize: 64 });
  dispatcher.attach(target);
  await teach(dispatcher, target, clock, { a: 0, b: 20 });
  return dispatcher;
}

/** A call each millisecond; the worker answers after the 20 ms that it takes. */
async function arrive(dispatcher: Dispatcher, count: number): Promise<void> {
  let begun = clock.now();
  let known = target.seen.length;
  for (let i = 0; i < count; i++) {
    void dispatcher.call('predict', [vector(i)]);
    await clock.advance(1);
    if (target.running.length > 0 && clock.now() - begun >= 20) await target.finish();
    if (target.seen.length > known) begun = clock.now();
    known = target.seen.length;
  }
}

/** Waits for the last batches, so that a worker is idle. */
async function finishAll(): Promise<void> {
  while (target.running.length > 0) {
    await clock.advance(20);
    await target.finish();
  }
}

describe('with maxLatencyMs, a batch for which a worker is free', () => {
  it('goes at once where few calls come: waiting would gain nothing', async () => {
    const dispatcher = await createTaught(500);
    await clock.advance(5000);
    void dispatcher.call('predict', [vector(1)]);
    await clock.turn();
    expect(target.sizes).toEqual([1]);
  });

  it('waits for those that will come in b, no longer than b', async () => {
    const dispatcher = await createTaught(500);
    await arrive(dispatcher, 200);
    await finishAll();
    target.seen.length = 0;
    void dispatcher.call('predict', [vector(1)]);
    await clock.turn();
    expect(target.sizes).toEqual([]);
    await arrive(dispatcher, 10);
    expect(target.sizes).toEqual([]);
    // Nobody comes any more: it goes when b has passed since the first.
    await clock.advance(11);
    expect(target.sizes).toEqual([11]);
  });

  it('goes when as many wait as are worth waiting for', async () => {
    const dispatcher = await createTaught(500);
    await arrive(dispatcher, 200);
    await finishAll();
    target.seen.length = 0;
    for (let i = 0; i < 40; i++) void dispatcher.call('predict', [vector(i)]);
    await clock.turn();
    expect(target.sizes).toEqual([40]);
  });

  it('does not wait past what maxLatencyMs leaves, nor without it', async () => {
    for (const maxLatencyMs of [22, 0]) {
      clock = new ManualClock();
      target = new ManualTarget();
      const dispatcher = await createTaught(maxLatencyMs);
      await arrive(dispatcher, 200);
      await finishAll();
      target.seen.length = 0;
      void dispatcher.call('predict', [vector(1)]);
      await clock.turn();
      await clock.advance(maxLatencyMs === 0 ? 0 : 3);
      expect(target.sizes).toEqual([1]);
    }
  });

  it('does not hold up calls of another shape', async () => {
    const dispatcher = await createTaught(500);
    await arrive(dispatcher, 200);
    await finishAll();
    target.seen.length = 0;
    void dispatcher.call('predict', [vector(1)]);
    const wide = Array.from({ length: 40 }, () => NdArray.from([[1, 2]], { dtype: 'float32' }));
    for (const row of wide) void dispatcher.call('predict', [row]);
    await clock.turn();
    expect(target.sizes).toEqual([40]);
  });
});
