import { DataFrame, NdArray } from 'bentonest/tensor';
import { describe, expect, it } from 'vitest';
import { createFeatureCheck } from './check-features.js';
import { FeatureCountError } from './python.errors.js';

const METHOD = { name: 'predict', batchable: true, batchDim: [0, 0] } as const;
const check = (metadata: object, ...args: readonly unknown[]): readonly unknown[] =>
  createFeatureCheck(metadata)(METHOD, args);

const named = { features: 2, featureNames: ['a', 'b'] };
const unnamed = { features: 2, featureNames: null };
const unknown = { features: null, featureNames: null };
const table = DataFrame.from({ b: [1], a: [2] });

describe('features of a call', () => {
  it.each([
    [unnamed, NdArray.from([[1, 2]])],
    [unnamed, new NdArray('float64', new Float64Array(), [0, 2])],
    [unnamed, table],
    [named, NdArray.from([[1, 2]])],
    [named, table],
    [unknown, NdArray.from(['a text', 'another'])],
  ])('fit %j: %o', (metadata, arg) => {
    expect(check(metadata, arg)).toEqual([arg]);
  });

  it.each([
    [unnamed, NdArray.from([[1, 2, 3]]), 'shape [rows, 2], as the model was fitted on, got [1, 3]'],
    [unnamed, NdArray.from([1, 2]), 'got [2]'],
    [unnamed, DataFrame.from({ a: [1] }), 'got [1, 1]'],
    [
      named,
      DataFrame.from({ a: [1], c: [1] }),
      'the columns a, b, as the model was fitted on, got a, c',
    ],
    [named, DataFrame.from({ a: [1], b: [1], c: [1] }), 'got a, b, c'],
    [named, [[1, 2]], 'got a list. Use NdArray.from'],
    [unknown, 'text', 'Expected an array, got a value of type string'],
  ])('that do not fit %j are refused: %o', (metadata, arg, message) => {
    expect(() => check(metadata, arg)).toThrow(FeatureCountError);
    expect(() => check(metadata, arg)).toThrow(message);
  });

  it('come first; other arguments are the method’s own', () => {
    const args = [NdArray.from([[1, 2]]), true];
    expect(check(unnamed, ...args)).toEqual(args);
    expect(() => check(unnamed)).toThrow('as the argument of "predict", got none');
  });
});
