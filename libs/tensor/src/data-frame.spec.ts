import { describe, expect, it } from 'vitest';
import { DataFrame } from './data-frame.js';
import type { NamedColumn } from './data-frame.js';
import type { DType } from './dtype.js';
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

  it('is written in the shortest decimals of its dtypes', () => {
    const frame = DataFrame.from({ x: [0.1, null] }, { dtypes: { x: 'float32' } });
    expect(JSON.stringify(frame)).toBe('[{"x":0.1},{"x":null}]');
    expect(frame.toRecords()[0].x).toBe(Math.fround(0.1));
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

  it('becomes an array of the dtype that holds all columns, by the rules of numpy', () => {
    const dtypeOf = (...dtypes: DType[]): DType =>
      new DataFrame(
        dtypes.map((dtype, at): NamedColumn => [
          `${at}`,
          NdArray.from([1], { dtype: 'uint8' }).astype(dtype),
        ]),
      ).toNdArray().dtype;
    expect(dtypeOf()).toBe('float64');
    expect(dtypeOf('uint8', 'uint16')).toBe('uint16');
    expect(dtypeOf('uint8', 'int8')).toBe('int16');
    expect(dtypeOf('int64', 'uint32')).toBe('int64');
    expect(dtypeOf('int64', 'uint64')).toBe('float64');
    expect(dtypeOf('float16', 'uint8')).toBe('float16');
    expect(dtypeOf('float32', 'int16')).toBe('float32');
    expect(dtypeOf('float32', 'int32')).toBe('float64');
    const mixed = DataFrame.from({ a: [true, false], b: [1n, 2n] }).toNdArray();
    expect(mixed).toEqual(new NdArray('int64', BigInt64Array.of(1n, 1n, 0n, 2n), [2, 2]));
  });

  it('keeps the order of columns, and any name', () => {
    const column = NdArray.from([1]);
    const names = ['10', '9', '__proto__', ''];
    const frame = new DataFrame(names.map((name): NamedColumn => [name, column]));
    expect(frame.names).toEqual(names);
    expect(frame.column('__proto__')).toBe(column);
    expect(frame.select(['9', '10']).names).toEqual(['9', '10']);
    expect(() => frame.column('constructor')).toThrow(
      'Expected a column "constructor", got "10", "9", "__proto__", "".',
    );
  });

  it('is made of columns that are arrays', () => {
    const frame = DataFrame.fromColumns(
      { a: NdArray.from([1n]), b: ['x'] },
      { dtypes: { a: 'float32' } },
    );
    expect(frame.dtypes).toEqual({ a: 'float32', b: 'string' });
  });

  it('equals one of the same names, dtypes and values, NaN too', () => {
    const frame = DataFrame.from({ a: [1, null], b: ['x', 'y'] });
    expect(frame.equals(DataFrame.from([{ a: 1, b: 'x' }, { b: 'y' }]))).toBe(true);
    expect(frame.equals(frame.select(['b', 'a']))).toBe(false);
    expect(frame.equals(frame.select(['a']))).toBe(false);
    expect(frame.equals(DataFrame.from({ a: [1, 2], b: ['x', 'y'] }))).toBe(false);
    const narrow = DataFrame.from({ a: [1, null], b: ['x', 'y'] }, { dtypes: { a: 'float32' } });
    expect(frame.equals(narrow)).toBe(false);
  });

  it.each([
    [(): unknown => DataFrame.from([{ a: 'x' }, { a: null }]), /row 1 of column "a"/],
    [(): unknown => DataFrame.from({ a: [1, 'x'] }), /Column "a": .*\[1\]/],
    [(): unknown => DataFrame.from({ a: [1], b: [1, 2] }), /column "b" of shape \[1\], got \[2\]/],
    [
      (): unknown =>
        new DataFrame([
          ['a', NdArray.from([1])],
          ['a', NdArray.from([1])],
        ]),
      /each column once, got "a" twice/,
    ],
    [(): unknown => new DataFrame({ a: NdArray.from([[1]]) }), /column "a" of shape \[1\]/],
    [(): unknown => DataFrame.from({ a: ['x'] }).toNdArray(), /got column "a" of dtype string/],
  ])('refuses what is none: %#', (make, message) => {
    expect(make).toThrow(message);
  });
});
