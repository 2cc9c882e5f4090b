import { describe, expect, it } from 'vitest';
import { DataFrame } from './data-frame.js';
import { NdArray } from './nd-array.js';

describe('a DataFrame', () => {
  it('is made of rows, and gives them back', () => {
    const rows = [
      { length: 6.2, species: 'virginica', seen: true },
      { length: 5.1, species: 'setosa', seen: false },
    ];
    const frame = DataFrame.from(rows);
    expect(frame.names).toEqual(['length', 'species', 'seen']);
    expect(frame.shape).toEqual([2, 3]);
    expect(Object.values(frame.columns).map(({ dtype }) => dtype)).toEqual([
      'float64',
      'string',
      'bool',
    ]);
    expect(frame.toRecords()).toEqual(rows);
    expect(JSON.parse(JSON.stringify(frame))).toEqual(rows);
  });

  it('is made of columns, of the dtypes that are named', () => {
    const frame = DataFrame.from({ a: [1, 2], b: [3, 4] }, { dtypes: { a: 'int32' } });
    expect(frame.columns.a.data).toEqual(Int32Array.of(1, 2));
    expect(frame.columns.b.dtype).toBe('float64');
  });

  it('holds a missing number as NaN and shows it as null', () => {
    const frame = DataFrame.from([{ a: 1 }, { a: null }, {}]);
    expect(frame.columns.a.data).toEqual(Float64Array.of(1, Number.NaN, Number.NaN));
    expect(frame.toRecords()).toEqual([{ a: 1 }, { a: null }, { a: null }]);
  });

  it('becomes an array of rows', () => {
    const array = DataFrame.from({ a: [1, 2], b: [3, 4] }).toNdArray({ dtype: 'float32' });
    expect(array).toEqual(new NdArray('float32', Float32Array.of(1, 3, 2, 4), [2, 2]));
    expect(DataFrame.from({ a: [], b: [] }).toNdArray().shape).toEqual([0, 2]);
  });

  it.each([
    [(): unknown => DataFrame.from([{ a: 'x' }, { a: null }]), /row 1 of column "a"/],
    [(): unknown => DataFrame.from({ a: [1, 'x'] }), /Column "a": .*\[1\]/],
    [(): unknown => DataFrame.from({ a: [1], b: [1, 2] }), /column "b" of shape \[1\], got \[2\]/],
    [(): unknown => new DataFrame({ a: NdArray.from([[1]]) }), /column "a" of shape \[1\]/],
    [(): unknown => DataFrame.from({ a: ['x'] }).toNdArray(), /float64, got string/],
  ])('refuses what is none: %#', (make, message) => {
    expect(make).toThrow(message);
  });
});
