import type { NdArray } from 'bentonest/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import { RunnerOverloadedError } from '../runner.errors.js';
import { ManualTarget, createDispatcher, teach, vector } from './dispatcher.fixture.js';
import type { EndedCall } from './dispatcher.options.js';
import { ManualClock } from './manual-clock.fixture.js';

let clock: ManualClock;
let target: ManualTarget;

beforeEach(() => {
  clock = new ManualClock();
  target = new ManualTarget();
});

/** A row takes nothing, a batch 100 ms. */
const COSTS = { a: 0, b: 100 };

async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  return Promise.race([
    call.catch((error: unknown) => error),
    new Promise((resolve) => setImmediate(() => resolve('accepted'))),
  ]);
}

describe('a call that could not be answered in time', () => {
  it('is refused at once, with the reason and when to come again', async () => {
    const dispatcher = createDispatcher(clock, { timeoutMs: 250 });
    dispatcher.attach(target);
    await teach(dispatcher, target, clock, COSTS);
    const fillers = Array.from({ length: 8 }, () => dispatcher.call('predict', [vector(1)]));
    void Promise.allSettled(fillers);
    await clock.turn();
    // One batch runs, one is full and waits: the third would end after 300 ms.
    const refusal = await refusalOf(dispatcher.call('predict', [vector(2)]));
    expect(refusal).toBeInstanceOf(RunnerOverloadedError);
    expect(refusal).toMatchObject({
      statusCode: 503,
      retryAfterMs: 1000,
      details: { reason: 'deadline', timeoutMs: 250 },
    });
    expect((refusal as Error).message).toMatch(/would answer in 3\d\d ms.*the call has 250 ms/);
    const patient = dispatcher.call('predict', [vector(2)], { timeoutMs: 400 });
    expect(await refusalOf(patient)).toBe('accepted');
  });

  it('says how long to wait where that is more than a second', async () => {
    const dispatcher = createDispatcher(clock, { timeoutMs: 100_000 });
    dispatcher.attach(target);
    await teach(dispatcher, target, clock, { a: 0, b: 3000 });
    void Promise.allSettled(
      Array.from({ length: 8 }, () => dispatcher.call('predict', [vector(1)])),
    );
    await clock.turn();
    const refusal = await refusalOf(dispatcher.call('predict', [vector(1)], { timeoutMs: 4000 }));
    expect((refusal as RunnerOverloadedError).retryAfterMs).toBeGreaterThan(4000);
  });

  it('is not refused on a cold estimate', async () => {
    const dispatcher = createDispatcher(clock, { timeoutMs: 1 });
    dispatcher.attach(target);
    const calls = Array.from({ length: 20 }, () => dispatcher.call('predict', [vector(1)]));
    const outcomes = await Promise.all(calls.map((call) => refusalOf(call)));
    expect(new Set(outcomes)).toEqual(new Set(['accepted']));
  });

  it('is given a chance by an idle worker, so that a stall does not shut everybody out', async () => {
    const dispatcher = createDispatcher(clock, { timeoutMs: 250 });
    dispatcher.attach(target);
    await teach(dispatcher, target, clock, { a: 0, b: 10_000 / 12 });
    expect(dispatcher.methodStatuses[0].latency?.b).toBeGreaterThan(250);
    for (let i = 0; i < 60; i++) {
      const call = dispatcher.call('predict', [vector(i)], { timeoutMs: 100 });
      await clock.turn();
      await clock.advance(10);
      await target.finish();
      await call;
    }
    expect(dispatcher.methodStatuses[0].latency?.b).toBeLessThan(250);
  });

  it('of several batches takes the time of all of them', async () => {
    const dispatcher = createDispatcher(clock, { timeoutMs: 350 });
    dispatcher.attach(target);
    await teach(dispatcher, target, clock, COSTS);
    const rows = vector(...Array(40).keys());
    const running = dispatcher.call('predict', [vector(1)]);
    await clock.turn();
    const refusal = await refusalOf(dispatcher.call('predict', [rows]));
    expect((refusal as Error).message).toMatch(/would answer in 11\d\d ms/);
    expect(await refusalOf(dispatcher.call('predict', [rows], { timeoutMs: 1300 }))).toBe(
      'accepted',
    );
    await target.finish();
    await running;
  });

  it('of several batches is refused by an idle worker, unless what was learned is old', async () => {
    const dispatcher = createDispatcher(clock, { timeoutMs: 350 });
    dispatcher.attach(target);
    await teach(dispatcher, target, clock, COSTS);
    const rows = vector(...Array(40).keys());
    const refusal = await refusalOf(dispatcher.call('predict', [rows]));
    expect((refusal as Error).message).toMatch(/would answer in 10\d\d ms/);
    await clock.advance(351);
    const call = dispatcher.call('predict', [rows]);
    await clock.turn();
    for (let i = 0; i < 10; i++) {
      await clock.advance(10);
      await target.finish();
    }
    expect(((await call) as NdArray).shape).toEqual([40]);
  });

  it('has its share of several workers', async () => {
    const dispatcher = createDispatcher(clock, { timeoutMs: 350 });
    dispatcher.attach(target);
    await teach(dispatcher, target, clock, COSTS);
    dispatcher.attach(new ManualTarget());
    void Promise.allSettled(
      Array.from({ length: 16 }, () => dispatcher.call('predict', [vector(1)])),
    );
    await clock.turn();
    // Two run, two full ones wait: with two workers the next ends after 300 ms, with one after 400.
    expect(await refusalOf(dispatcher.call('predict', [vector(2)]))).toBe('accepted');
  });

  it('counts what waits for the other methods of its runner', async () => {
    const dispatcher = createDispatcher(clock, { timeoutMs: 350 });
    dispatcher.attach(target);
    await teach(dispatcher, target, clock, COSTS);
    for (let i = 0; i < 9; i++) {
      const call = dispatcher.call('again', [vector(...Array<number>(1 + (i % 2)).fill(1))]);
      await clock.turn();
      await clock.advance(100);
      await target.finish();
      await call;
    }
    void Promise.allSettled([
      ...Array.from({ length: 4 }, () => dispatcher.call('predict', [vector(1)])),
      ...Array.from({ length: 12 }, () => dispatcher.call('again', [vector(1)])),
    ]);
    await clock.turn();
    expect(await refusalOf(dispatcher.call('predict', [vector(2)]))).toBeInstanceOf(
      RunnerOverloadedError,
    );
  });

  it('tells why calls were lost', async () => {
    const lost: string[] = [];
    const onCall = (call: EndedCall): void => void lost.push(`${call.method} ${call.lost}`);
    const dispatcher = createDispatcher(clock, { maxQueue: 1, timeoutMs: 100, onCall });
    const waiting = dispatcher.call('predict', [vector(1)]);
    const full = dispatcher.call('predict', [vector(2)]);
    const abort = AbortSignal.abort();
    await expect(full).rejects.toThrow('1 calls waiting');
    const outcome = Promise.allSettled([waiting]);
    await clock.advance(101);
    expect(await outcome).toMatchObject([{ reason: { code: 'RUNNER_TIMEOUT' } }]);
    const aborted = dispatcher.call('predict', [vector(1)], { signal: abort });
    await expect(aborted).rejects.toMatchObject({ code: 'CALL_ABORTED' });
    dispatcher.refuse(new Error('gone'));
    await expect(dispatcher.call('single', [1])).rejects.toThrow('gone');
    expect(lost).toEqual([
      'predict queue_full',
      'predict timeout',
      'predict aborted',
      'single unavailable',
    ]);
  });
});
