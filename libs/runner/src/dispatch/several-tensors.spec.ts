import { NdArray } from 'bentonest/tensor';
import { beforeEach, expect, it } from 'vitest';
import { ManualTarget, createDispatcher, settled } from './dispatcher.fixture.js';
import { ManualClock } from './manual-clock.fixture.js';

let clock: ManualClock;
let target: ManualTarget;

beforeEach(() => {
  clock = new ManualClock();
  target = new ManualTarget();
});

const column = (...values: number[]): NdArray => NdArray.from(values, { dtype: 'float32' });
const pairs = (...values: number[]): NdArray =>
  NdArray.from(
    values.map((value) => [value, -value]),
    { dtype: 'float32' },
  );

async function answer(result: unknown): Promise<void> {
  target.running.shift()?.resolve(result);
  await settled();
}

it('a list of tensors is split among the calls of a batch, each item by its rows', async () => {
  const dispatcher = createDispatcher(clock);
  dispatcher.attach(target);
  const calls = [column(1), column(2, 3)].map((input) => dispatcher.call('predict', [input]));
  await clock.turn();
  await answer([column(1, 2, 3), pairs(1, 2, 3)]);
  expect(await Promise.all(calls)).toEqual([
    [column(1), pairs(1)],
    [column(2, 3), pairs(2, 3)],
  ]);
});

it('a list with an item of other rows is a wrong result, of that call alone', async () => {
  const dispatcher = createDispatcher(clock);
  dispatcher.attach(target);
  const outcome = Promise.allSettled(
    [1, 2].map((value) => dispatcher.call('predict', [column(value)])),
  );
  await clock.turn();
  await answer([column(1, 2), pairs(1)]);
  await clock.turn();
  await answer([column(1), pairs(1)]);
  await answer([column(2), pairs()]);
  expect(await outcome).toMatchObject([
    { value: [column(1), pairs(1)] },
    { reason: { code: 'ROW_COUNT_MISMATCH' } },
  ]);
});

it('lists of a call that is larger than a batch are joined item by item', async () => {
  const dispatcher = createDispatcher(clock, { maxBatchSize: 2 });
  dispatcher.attach(target);
  const call = dispatcher.call('predict', [column(1, 2, 3)]);
  await clock.turn();
  await answer([column(1, 2), { both: pairs(1, 2) }]);
  await answer([column(3), { both: pairs(3) }]);
  expect(await call).toEqual([column(1, 2, 3), { both: pairs(1, 2, 3) }]);
});

it('a record that is larger than a batch is split in all its tensors, and its results are joined', async () => {
  const dispatcher = createDispatcher(clock, { maxBatchSize: 2 });
  dispatcher.attach(target);
  const record = { x: column(1, 2, 3, 4, 5), pairs: pairs(1, 2, 3, 4, 5) };
  const call = dispatcher.call('predict', [record]);
  await clock.turn();
  for (let i = 0; i < 3; i++) await answer(target.running[0].batch.args[0]);
  expect(target.seen.map(({ args }) => args[0])).toEqual([
    { x: column(1, 2), pairs: pairs(1, 2) },
    { x: column(3, 4), pairs: pairs(3, 4) },
    { x: column(5), pairs: pairs(5) },
  ]);
  expect(await call).toEqual(record);
});
