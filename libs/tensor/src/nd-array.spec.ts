import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DTYPES, allocate, canCast, integerRange } from './dtype.js';
import type { DType } from './dtype.js';
import { NdArray } from './nd-array.js';
import type { Nested } from './nested.js';
import { InvalidNdArrayError } from './tensor.errors.js';

function errorOf(make: () => NdArray): InvalidNdArrayError {
  try {
    make();
  } catch (error) {
    if (error instanceof InvalidNdArrayError) return error;
    throw error;
  }
  throw new Error('The values were taken.');
}

describe('NdArray.from', () => {
  it('takes the dtype from the values: float64, int64, bool and string', () => {
    const dtypes = [[1], [1n], [true], ['a'], []].map((nested) => NdArray.from(nested).dtype);
    expect(dtypes).toEqual(['float64', 'int64', 'bool', 'string', 'float64']);
  });

  it('keeps bigints exact among whole numbers, whichever comes first', () => {
    const exact = [1n, 9007199254740993n];
    for (const nested of [
      [1, 9007199254740993n],
      [1n, 9007199254740993n],
    ]) {
      expect(NdArray.from(nested)).toMatchObject({
        dtype: 'int64',
        data: BigInt64Array.from(exact),
      });
    }
    const mixed = NdArray.from([9007199254740993n, 1]);
    expect(mixed.data).toEqual(BigInt64Array.from(exact.toReversed()));
  });

  it('makes rank 0 of a value, and keeps empty dimensions', () => {
    expect(NdArray.from(3)).toMatchObject({ shape: [], size: 1, rank: 0 });
    expect(NdArray.from([[], []])).toMatchObject({ shape: [2, 0], size: 0 });
  });

  it('has onnxruntime’s names beside numpy’s', () => {
    const array = NdArray.from([[1, 2]], { dtype: 'float32' });
    expect(array).toMatchObject({ type: 'float32', dims: [1, 2], size: 2 });
    expect(array.data).toEqual(Float32Array.of(1, 2));
  });

  it.each<[string, Nested, DType | undefined, RegExp, number[]]>([
    ['ragged lists', [[1, 2], [3]], undefined, /Expected 2 values at index \[1\], got 1/, [1]],
    ['a value among lists', [[1], 2], undefined, /1 values at index \[1\].*type number/, [1]],
    ['a list among values', [1, [2]], undefined, /value at index \[1\], got a list of 1/, [1]],
    ['null', [[1, null as never]], undefined, /index \[0\]\[1\], got null/, [0, 1]],
    [
      'a fraction before a bigint',
      [[1.5], [2n]],
      undefined,
      /whole number \(int64\).*1\.5/,
      [0, 0],
    ],
    ['a fraction behind a bigint', [2n, 1.5], undefined, /whole number \(int64\).*\[1\]/, [1]],
    ['2^64 beside a bigint', [2 ** 64, 1n], undefined, /\(int64\) at index \[0\]/, [0]],
    ['mixed kinds', [1, 'x'], undefined, /Expected a number at index \[1\].*"x"/, [1]],
    ['a string as bool', ['x'], 'bool', /Expected a boolean at index \[0\]/, [0]],
    ['NaN as an integer', [[0, NaN]], 'int32', /whole number.*\[0\]\[1\].*NaN/, [0, 1]],
    ['a fraction as an integer', [1.5], 'int8', /whole number \(int8\).*1\.5/, [0]],
    ['256 as uint8', [0, 256], 'uint8', /from 0 to 255 \(uint8\) at index \[1\].*256/, [1]],
    ['-1 as uint64', [-1n], 'uint64', /from 0 to 18446744073709551615/, [0]],
    ['1e39 as float32', [1e39], 'float32', /±3\.4e38/, [0]],
    ['65520 as float16', [65520], 'float16', /±65504/, [0]],
  ])('refuses %s, naming the index', (_name, nested, dtype, message, index) => {
    const error = errorOf(() => NdArray.from(nested, { dtype }));
    expect(error).toMatchObject({ code: 'INVALID_NDARRAY', statusCode: 400, details: { index } });
    expect(error.message).toMatch(message);
  });

  it('refuses lists nested deeper than 32', () => {
    let nested: Nested = 1;
    for (let i = 0; i < 32; i++) nested = [nested];
    expect(NdArray.from(nested).rank).toBe(32);
    const error = errorOf(() => NdArray.from([nested]));
    expect(error.message).toBe(
      'Expected lists nested at most 32 deep, got deeper at index [0][0][0][0]….',
    );
    expect(error.details).toEqual({ index: Array(32).fill(0) });
  });
});

describe('the constructor', () => {
  it.each([
    [[3], 'Expected 3 elements for shape [3], got 2'],
    [[-2], 'got -2 in dimension 0'],
    [[1.5], 'got 1.5 in dimension 0'],
    [[2 ** 40, 2 ** 40], 'at most 32 dimensions and 2^53 elements'],
    [[2 ** 30, 0], 'at most 1048576 lists in an array without elements'],
    [[2 ** 600, 2 ** 600, 0], 'got 4.14'],
  ])('refuses data that does not fill shape %j', (shape, message) => {
    expect(() => new NdArray('int8', new Int8Array(2), shape)).toThrow(message);
  });

  it('refuses the array class of another dtype', () => {
    expect(() => new NdArray('float32', new Float64Array(1) as never, [1])).toThrow(
      'typed array of dtype float32, got Float64Array',
    );
  });
});

describe('toJSON', () => {
  it('has the shortest decimals that read back as the same float32', () => {
    const array = NdArray.from(
      [
        [0.1, -0.3],
        [16777216, 1e-40],
      ],
      { dtype: 'float32' },
    );
    expect(JSON.stringify({ array })).toBe('{"array":[[0.1,-0.3],[16777216,1e-40]]}');
    expect(JSON.stringify(NdArray.from([0.1]))).toBe('[0.1]');
    expect(JSON.stringify(new NdArray('float32', Float32Array.of(NaN), []))).toBe('null');
  });
});

describe('toNested', () => {
  it('gives numbers where they are exact, else bigints', () => {
    const data = BigInt64Array.of(1n, 2n ** 60n);
    expect(new NdArray('int64', data, [2]).toNested()).toEqual([1, 2n ** 60n]);
  });

  it('gives booleans for bool and numbers for float16', () => {
    expect(new NdArray('bool', Uint8Array.of(0, 1), [2]).toNested()).toEqual([false, true]);
    expect(new NdArray('float16', Uint16Array.of(0x3c00), [1]).toNested()).toEqual([1]);
  });

  it('is the inverse of from, for every dtype and shape', () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
    const property = fc.property(
      fc.constantFrom(...DTYPES),
      shapes,
      fc.infiniteStream(fc.nat(100)),
      (dtype, shape, stream) => {
        const length = shape.reduce((product, size) => product * size, 1);
        const data = allocate(dtype, length);
        for (let i = 0; i < length; i++) {
          const value = stream.next().value as number;
          if (dtype === 'string') data[i] = String(value);
          else if (dtype === 'bool') data[i] = value % 2;
          else data[i] = dtype.endsWith('int64') ? BigInt(value) : value;
        }
        const array = new NdArray(dtype, data, shape);
        expect(NdArray.from(array.toNested(), { dtype })).toEqual(array);
      },
    );
    fc.assert(property);
  });
});

describe('astype', () => {
  it('is itself for its own dtype, and rounds to float32', () => {
    const array = NdArray.from([0.1, NaN, Infinity]);
    expect(array.astype('float64')).toBe(array);
    expect(array.astype('float32').data).toEqual(Float32Array.of(0.1, NaN, Infinity));
  });

  it('follows numpy’s same_kind', () => {
    // numpy.can_cast(from, to, 'same_kind'), by row
    const allowed: [DType, DType, boolean][] = [
      ['float64', 'float16', true],
      ['int64', 'int8', true],
      ['int64', 'float32', true],
      ['uint64', 'int32', true],
      ['bool', 'uint8', true],
      ['int32', 'uint32', false],
      ['float32', 'int64', false],
      ['float64', 'bool', false],
      ['int8', 'bool', false],
      ['string', 'float32', false],
      ['float32', 'string', false],
      ['string', 'string', true],
    ];
    expect(allowed.map(([from, to]) => canCast(from, to))).toEqual(allowed.map(([, , can]) => can));
  });

  it('refuses other casts by dtype, and values out of range by index', () => {
    expect(() => NdArray.from([1.5]).astype('int32')).toThrow('Expected dtype int32, got float64');
    expect(() => NdArray.from([1n, 300n]).astype('int8')).toThrow('index [1], got bigint 300');
    expect(() => NdArray.from([1, 1e300]).astype('float32')).toThrow('index [1]');
  });
});

it('integerRange knows the ends', () => {
  expect(integerRange('int8')).toEqual([-128n, 127n]);
  expect(integerRange('uint64')).toEqual([0n, 18446744073709551615n]);
});
