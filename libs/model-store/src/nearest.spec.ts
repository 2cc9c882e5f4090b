import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.js';

it.each([
  ['', '', 0],
  ['abc', '', 3],
  ['kitten', 'sitting', 3],
  ['iris_clf', 'iris_clg', 1],
  ['ab', 'ba', 2],
])('%j is %j in so many edits', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
});

it('is a metric', () => {
  const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
    }),
  );
});

it('gives at most five, best first, equals by alphabet', () => {
  expect(nearest('mlp', ['zzz', 'mlq', 'mlp2', 'mla', 'yyy', 'xxx', 'www'])).toEqual([
    'mla',
    'mlp2',
    'mlq',
    'www',
    'xxx',
  ]);
});
