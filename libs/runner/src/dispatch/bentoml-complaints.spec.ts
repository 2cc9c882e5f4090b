// What BentoML's users reported of its dispatcher, thread by thread: none of it is so here. The other
// complaints about runners are tested with real processes: lost workers (#3669, #4238, #3890) in
// test/faults/worker-loss, errors that lose their text (#3623, #3652, #4317) in test/e2e/runner-errors,
// their shape in HTTP (#4232) in test/e2e/openapi.
import fc from 'fast-check';
import { NdArray } from 'bentonest/tensor';
import { beforeEach, expect, it } from 'vitest';
import {
  ManualTarget,
  createDispatcher,
  settled,
  teach,
  values,
  vector,
} from './dispatcher.fixture.js';
import { ManualClock } from './manual-clock.fixture.js';

let clock: ManualClock;
let target: ManualTarget;

beforeEach(() => {
  clock = new ManualClock();
  target = new ManualTarget();
});

it('1: a small maxLatencyMs refuses nobody (#3200, #2603)', async () => {
  const dispatcher = createDispatcher(clock, { maxLatencyMs: 1 });
  dispatcher.attach(target);
  await teach(dispatcher, target, clock, { a: 1, b: 50 });
  const calls = Array.from({ length: 12 }, (_, i) => dispatcher.call('predict', [vector(i)]));
  await clock.turn();
  for (let i = 0; i < 3; i++) {
    await clock.advance(54);
    await target.finish();
  }
  expect((await Promise.all(calls)).flatMap((each) => values(each))).toEqual([...Array(12).keys()]);
});

it('2: no batch has more rows than maxBatchSize, whatever calls have (#3710, #3859)', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 1, maxLength: 12 }),
    fc.integer({ min: 1, max: 5 }),
    async (sizes, maxBatchSize) => {
      clock = new ManualClock();
      target = new ManualTarget();
      const dispatcher = createDispatcher(clock, { maxBatchSize });
      const inputs = sizes.map((rows, i) =>
        Array.from({ length: rows }, (_, row) => i + row / 100),
      );
      const calls = inputs.map((rows) => dispatcher.call('predict', [vector(...rows)]));
      dispatcher.attach(target);
      await clock.turn();
      while (target.running.length > 0) await target.finish();
      expect(Math.max(...target.sizes)).toBeLessThanOrEqual(maxBatchSize);
      const results = await Promise.all(calls);
      expect(results.map((each) => values(each))).toEqual(
        inputs.map((rows) => [...Float32Array.from(rows)]),
      );
      expect([dispatcher.pending, dispatcher.depth]).toEqual([0, 0]);
      expect(dispatcher.methodStatuses).toMatchObject([{ waiting: 0, waitingRows: 0, running: 0 }]);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

it('3: first in, first out: early calls do not starve (#4592)', async () => {
  const dispatcher = createDispatcher(clock, { maxBatchSize: 2 });
  dispatcher.attach(target);
  const answered: number[] = [];
  const call = async (value: number): Promise<void> => {
    answered.push(...values(await dispatcher.call('predict', [vector(value)])));
  };
  const calls: Promise<void>[] = [];
  // Two come for each that is served, so that ever more wait.
  for (let i = 0; i < 20; i += 2) {
    calls.push(call(i), call(i + 1));
    await clock.advance(1);
    if (i % 4 === 0) await target.finish();
  }
  while (target.running.length > 0) await target.finish();
  await Promise.all(calls);
  expect(answered).toEqual([...Array(20).keys()]);
});

it('4: a deadline holds for methods that are not batched, and only the deadline (#4265)', async () => {
  const dispatcher = createDispatcher(clock, { maxLatencyMs: 1, timeoutMs: 10_000 });
  dispatcher.attach(target);
  const call = dispatcher.call('single', ['x']);
  await clock.turn();
  await clock.advance(9_000);
  target.running.shift()?.resolve('answer');
  expect(await call).toBe('answer');
  const late = Promise.allSettled([dispatcher.call('single', ['x'])]);
  await clock.turn();
  await clock.advance(10_000);
  expect(await late).toMatchObject([{ reason: { code: 'RUNNER_TIMEOUT', statusCode: 504 } }]);
});

it('5: maxBatchSize 1 is legal, and there is no training (#4128, #4856, #3158)', async () => {
  const dispatcher = createDispatcher(clock, { maxBatchSize: 1 });
  dispatcher.attach(target);
  const calls = [1, 2, 3].map((value) => dispatcher.call('predict', [vector(value)]));
  await clock.turn();
  for (let i = 0; i < 3; i++) await target.finish();
  expect(target.sizes).toEqual([1, 1, 1]);
  expect((await Promise.all(calls)).flatMap((each) => values(each))).toEqual([1, 2, 3]);
});

it('6: the first calls after the start are batched, and what happened can be seen (#4670, #3141, #4340)', async () => {
  const seen: unknown[] = [];
  const dispatcher = createDispatcher(clock, {
    onBatch: (batch, { startedAt, endedAt }) => {
      seen.push({ rows: batch.rows, calls: batch.calls.length, ms: endedAt - startedAt });
    },
  });
  dispatcher.attach(target);
  void [1, 2, 3, 4].map((value) => dispatcher.call('predict', [vector(value)]));
  await clock.turn();
  await clock.advance(7);
  await target.finish();
  expect(seen).toEqual([{ rows: 4, calls: 4, ms: 7 }]);
});

it('7: calls are grouped by length, by their shapes (#4753, #3630)', async () => {
  const dispatcher = createDispatcher(clock);
  const sentence = (length: number): NdArray =>
    NdArray.from([Array<number>(length).fill(0)], { dtype: 'float32' });
  for (const length of [3, 5, 3, 5, 3]) void dispatcher.call('predict', [sentence(length)]);
  dispatcher.attach(target);
  await clock.turn();
  target.running.shift()?.resolve(vector(0, 0, 0));
  await settled();
  expect(target.seen.map(({ calls }) => calls.length)).toEqual([3, 2]);
});

it('8: a worker that is lost takes its own batch with it, and no later call (#3669, #4238, #3890)', async () => {
  const { RunnerWorkerLostError } = await import('../runner.errors.js');
  const dispatcher = createDispatcher(clock);
  dispatcher.attach(target);
  const lost = dispatcher.call('predict', [vector(1)]);
  await clock.turn();
  const later = dispatcher.call('predict', [vector(2)]);
  const outcome = Promise.allSettled([lost]);
  await target.fail(new RunnerWorkerLostError('r'));
  expect(await outcome).toMatchObject([{ reason: { code: 'RUNNER_WORKER_LOST' } }]);
  const next = new ManualTarget();
  dispatcher.attach(next);
  await clock.turn();
  await next.finish();
  expect(values(await later)).toEqual([2]);
});
