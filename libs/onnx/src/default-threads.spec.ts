import { availableCores } from 'bentonest/runner';
import { expect, it } from 'vitest';
import { defaultThreads } from './default-threads.js';

it.each([
  [undefined, 8, 7],
  [1, 8, 7],
  [3, 8, 2],
  [{ min: 1, max: 4 }, 8, 1],
  [{ min: 1, max: 2 }, 8, 3],
  [1, 1, 1],
])('with workers %j on %d cores each has %d threads', (workers, cores, threads) => {
  expect(defaultThreads(workers, cores)).toBe(threads);
});

it('asks this machine where no cores are given', () => {
  expect(defaultThreads(1)).toBe(Math.max(1, availableCores() - 1));
});
