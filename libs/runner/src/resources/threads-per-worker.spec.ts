import { expect, it } from 'vitest';
import { threadsPerWorker } from './threads-per-worker.js';

it.each([
  [8, 1, 7],
  [8, 2, 3],
  [8, 7, 1],
  [8, 20, 1],
  [2, 1, 1],
  [1, 1, 1],
])('of %d cores each of %d workers uses %d threads', (cores, workers, threads) => {
  expect(threadsPerWorker(cores, workers)).toBe(threads);
});
