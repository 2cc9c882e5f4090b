import { expect, it } from 'vitest';
import { availableCores } from './available-cores.js';
import { shareCores } from './share-cores.js';
import type { CoreShare, CoreShareOptions } from './share-cores.js';

it.each<[number, CoreShareOptions, CoreShare]>([
  [8, {}, { workers: 1, threads: 7 }],
  [2, {}, { workers: 1, threads: 1 }],
  [1, {}, { workers: 1, threads: 1 }],
  [8, { workers: 3 }, { workers: 3, threads: 2 }],
  [8, { workers: { min: 1, max: 4 } }, { workers: { min: 1, max: 4 }, threads: 1 }],
  [8, { threads: 3 }, { workers: 2, threads: 3 }],
  [8, { threads: 9 }, { workers: 1, threads: 9 }],
  [4, { threads: 1 }, { workers: 3, threads: 1 }],
  [64, { threads: 1 }, { workers: 4, threads: 1 }],
  [2, { threads: 1 }, { workers: 1, threads: 1 }],
  [2, { threads: 1, workers: 5 }, { workers: 5, threads: 1 }],
  [8, { gpus: [0, [1, 2]] }, { workers: 2, threads: 3 }],
  [8, { gpus: [0, 1, 2], threads: 4 }, { workers: 3, threads: 4 }],
  [8, { gpus: [0, 1], workers: 4 }, { workers: 4, threads: 1 }],
  [8, { threads: Number.NaN }, { workers: 1, threads: Number.NaN }],
])('of %d cores a runner told %j has %j', (cores, options, share) => {
  expect(shareCores(options, cores)).toEqual(share);
});

it('asks this machine where no cores are given', () => {
  expect(shareCores({}).threads).toBe(Math.max(1, availableCores() - 1));
});
