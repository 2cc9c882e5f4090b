import { NdArray, encodeNpy } from 'bentonest/tensor';
import { describe, expect, it } from 'vitest';
import { ndarray } from './ndarray.js';
import type { NdArrayOptions } from './ndarray.js';

const JSON_TYPE = 'application/json';
const NPY = 'application/vnd.npy';

function decodeJson(text: string, options: NdArrayOptions = {}): NdArray {
  const descriptor = ndarray(options);
  const input = { contentType: JSON_TYPE, headers: {}, body: Buffer.from(text) };
  return descriptor.decode(input) as NdArray;
}

function decodeNpy(array: NdArray, options: NdArrayOptions = {}): NdArray {
  const input = { contentType: NPY, headers: {}, body: encodeNpy(array) };
  return ndarray(options).decode(input) as NdArray;
}

describe('decode', () => {
  it('reads JSON into the dtype', () => {
    const array = decodeJson('[[1, 2.5]]', { dtype: 'float32', shape: [-1, 2] });
    expect(array).toEqual(NdArray.from([[1, 2.5]], { dtype: 'float32' }));
  });

  it('casts .npy where same_kind allows, unless the dtype is enforced', () => {
    const doubles = NdArray.from([1.5]);
    expect(decodeNpy(doubles, { dtype: 'float32' }).dtype).toBe('float32');
    expect(() => decodeNpy(doubles, { dtype: 'float32', enforceDtype: true })).toThrow(
      'Expected an array of dtype float32, got float64',
    );
    expect(() => decodeNpy(doubles, { dtype: 'int32' })).toThrow(
      'Expected dtype int32, got float64',
    );
  });

  it('refuses another shape and says which dimension', () => {
    expect(() => decodeJson('[[1,2,3]]', { shape: [-1, 4] })).toThrow(
      'Expected an array of shape [any, 4], got [1, 3]. Dimension 1 must have 4 values.',
    );
    expect(() => decodeJson('[1,2,3,4]', { shape: [-1, 4] })).toThrow('Send lists nested 2 deep.');
  });

  it('reshapes where the shape is not enforced and the elements allow it', () => {
    const options = { shape: [-1, 2], enforceShape: false };
    expect(decodeJson('[1,2,3,4]', options).shape).toEqual([2, 2]);
    expect(decodeJson('[1,2]', { shape: [2, 1], enforceShape: false }).shape).toEqual([2, 1]);
    expect(() => decodeJson('[1,2,3]', options)).toThrow('got [3]');
    expect(() => decodeJson('[]', { shape: [-1, 0], enforceShape: false })).toThrow('got [0]');
    expect(() => decodeJson('[1]', { shape: [-1, -1], enforceShape: false })).toThrow('got [1]');
  });
});

it('refuses a dtype or shape that is none, when the service is declared', () => {
  expect(() => ndarray({ dtype: 'float23' as never })).toThrow(
    'as dtype the string "float23"; expected one of bool,',
  );
  expect(() => ndarray({ shape: [-2] })).toThrow('the shape [-2]; expected sizes from 0, or -1');
});

describe('encode', () => {
  it('writes JSON or .npy', () => {
    const array = NdArray.from([[1n]]);
    expect(ndarray().encode(array, JSON_TYPE)).toEqual({ contentType: JSON_TYPE, body: '[[1]]' });
    expect(ndarray().encode(array, NPY)).toEqual({ contentType: NPY, body: encodeNpy(array) });
  });

  it('says what the service must return', () => {
    expect(() => ndarray().encode([1] as never, JSON_TYPE)).toThrow(
      'must return an NdArray for its output ndarray(), got a list of 1',
    );
  });
});

it('describes nested lists of its shape, and binary bodies', () => {
  expect(ndarray({ dtype: 'float32', shape: [-1, 2] }).schema()).toEqual({
    [JSON_TYPE]: {
      type: 'array',
      items: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
    },
    [NPY]: { type: 'string', format: 'binary' },
    'application/x-npy': { type: 'string', format: 'binary' },
  });
});
