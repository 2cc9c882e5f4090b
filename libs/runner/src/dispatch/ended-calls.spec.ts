import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULTS, ManualTarget, createDispatcher, settled, vector } from './dispatcher.fixture.js';
import { Dispatcher } from './dispatcher.js';
import type { DispatcherOptions, EndedCall } from './dispatcher.options.js';
import { ManualClock } from './manual-clock.fixture.js';

let clock: ManualClock;
let target: ManualTarget;
/** Of each call that ended, the method and why it was lost or what it failed with. */
let ended: string[];
let calls: EndedCall[];

beforeEach(() => {
  clock = new ManualClock();
  target = new ManualTarget();
  ended = [];
  calls = [];
});

const onCall = (call: EndedCall, error: unknown): void => {
  calls.push(call);
  const failure = error instanceof Error ? `${error.name}: ${error.message}` : 'ok';
  ended.push(`${call.method} ${call.lost ?? failure}`);
};

function create(options: Partial<DispatcherOptions> = {}): Dispatcher {
  const dispatcher = createDispatcher(clock, { onCall, ...options });
  dispatcher.attach(target);
  return dispatcher;
}

function start(dispatcher: Dispatcher, ...rows: number[]): Promise<unknown> {
  const outcome = Promise.allSettled(rows.map((row) => dispatcher.call('predict', [vector(row)])));
  return clock.turn().then(() => outcome);
}

describe('a call is told of once', () => {
  it('where its batch failed and it was tried again', async () => {
    const outcome = start(create(), 1, 2, 3, 4);
    await clock.turn();
    await target.fail(new Error('bad'));
    await clock.turn();
    await target.finish();
    await target.fail(new Error('bad'));
    await target.finish();
    await target.finish();
    await outcome;
    expect(ended).toEqual(['predict ok', 'predict Error: bad', 'predict ok', 'predict ok']);
  });

  it('where it timed out while it ran, and its batch ended later', async () => {
    const outcome = start(create({ timeoutMs: 100 }), 1);
    await clock.turn();
    await clock.advance(101);
    await outcome;
    await target.finish();
    expect(ended).toEqual(['predict timeout']);
    expect(calls[0]).toMatchObject({ enqueuedAt: 0, startedAt: 0 });
  });

  it('where it was aborted while it ran, and its batch ended later', async () => {
    const dispatcher = create();
    const abort = new AbortController();
    const call = dispatcher.call('predict', [vector(1)], { signal: abort.signal });
    const outcome = Promise.allSettled([call]);
    await clock.turn();
    abort.abort();
    await outcome;
    await target.finish();
    expect(ended).toEqual(['predict aborted']);
  });

  it('where it was split, with the method, whether it was answered, lost or refused', async () => {
    const dispatcher = create({ timeoutMs: 100 });
    const rows = vector(...Array(9).keys());
    const answered = dispatcher.call('predict', [rows]);
    await clock.turn();
    await clock.advance(10);
    for (let i = 0; i < 3; i++) await target.finish();
    await answered;
    const late = Promise.allSettled([dispatcher.call('predict', [rows])]);
    await clock.turn();
    const { methodStatuses, pending } = dispatcher;
    await clock.advance(101);
    await late;
    expect(ended).toEqual(['predict ok', 'predict timeout']);
    expect(calls[1]).toMatchObject({ enqueuedAt: 10, startedAt: 10 });
    expect(methodStatuses).toMatchObject([{ waiting: 1, running: 0 }]);
    expect(pending).toBe(1);
    expect(dispatcher.depth).toBe(0);
  });

  it('where its arguments are refused', async () => {
    const dispatcher = create();
    await expect(dispatcher.call('predict', [1])).rejects.toThrow('expected an NdArray');
    expect(ended).toEqual([expect.stringMatching(/^predict NotBatchableError/)]);
  });

  it('where the runner gave up', async () => {
    const dispatcher = createDispatcher(clock, { onCall });
    const waiting = Promise.allSettled([dispatcher.call('predict', [vector(...Array(9).keys())])]);
    dispatcher.refuse(new Error('gone'));
    await waiting;
    expect(ended).toEqual(['predict unavailable']);
  });
});

it('tells when a call was first given to a worker', async () => {
  const dispatcher = create();
  const first = start(dispatcher, 1);
  await clock.turn();
  await clock.advance(5);
  const second = start(dispatcher, 2);
  await clock.advance(20);
  await target.finish();
  await clock.advance(10);
  await target.finish();
  await Promise.all([first, second]);
  expect(calls).toMatchObject([
    { enqueuedAt: 0, startedAt: 0 },
    { enqueuedAt: 5, startedAt: 25 },
  ]);
});

describe('names that callers make up', () => {
  it('count as one method, also while calls are refused', async () => {
    const dispatcher = create({ maxQueue: 0 });
    const names = Array.from({ length: 50 }, (_, i) => `made-up-${i}`);
    const callAll = (): Promise<unknown> =>
      Promise.allSettled(names.map((name) => dispatcher.call(name, [vector(1)])));
    await callAll();
    dispatcher.refuse(new Error('failed'));
    await callAll();
    await dispatcher.call('predict', [vector(1)]).catch(() => undefined);
    expect(ended.slice(0, 50)).toEqual(names.map(() => 'unknown queue_full'));
    expect(ended.slice(50)).toEqual([
      ...names.map(() => 'unknown unavailable'),
      'predict unavailable',
    ]);
    const methods = dispatcher.methodStatuses.map(({ name }) => name);
    expect(methods).toEqual(['unknown', 'predict']);
  });

  it('count as one before the methods are known, and wait as one', async () => {
    const dispatcher = new Dispatcher({ ...DEFAULTS, clock, onCall, timeoutMs: 100 });
    const early = Promise.allSettled(
      ['predict', 'made-up'].map((name) => dispatcher.call(name, [vector(1)])),
    );
    expect(dispatcher.methodStatuses).toMatchObject([{ name: 'unknown', waiting: 2 }]);
    await clock.advance(101);
    await early;
    expect(ended).toEqual(['unknown timeout', 'unknown timeout']);
    expect(dispatcher.methodStatuses).toMatchObject([{ name: 'unknown', waiting: 0 }]);
  });
});

describe('a wrong row count', () => {
  /** A model that drops the row 2. */
  async function answerWithout2(): Promise<void> {
    const { batch, resolve } = target.running[0];
    target.running.shift();
    const rows = batch.calls.flatMap(({ prepared }) => [
      ...((prepared.args[0] as { data: Float32Array }).data as Iterable<number>),
    ]);
    resolve(vector(...rows.filter((row) => row !== 2)));
    await settled();
    await clock.turn();
  }

  it('of a batch has its calls run singly, so that one call fails, and fails the batch', async () => {
    const errors: unknown[] = [];
    const onBatch: DispatcherOptions['onBatch'] = (_batch, { error }) => errors.push(error);
    const outcome = start(create({ onBatch }), 1, 2, 3);
    await clock.turn();
    for (let i = 0; i < 4; i++) await answerWithout2();
    await outcome;
    expect(target.sizes).toEqual([3, 1, 1, 1]);
    expect(ended).toEqual([
      'predict ok',
      expect.stringMatching(/^predict RowCountError/),
      'predict ok',
    ]);
    const mismatch = expect.objectContaining({ code: 'ROW_COUNT_MISMATCH' }) as unknown;
    expect(errors).toEqual([mismatch, undefined, mismatch, undefined]);
  });
});
