import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, split } from './concat.js';
import { DTYPES, allocate } from './dtype.js';
import type { DType } from './dtype.js';
import { NdArray } from './nd-array.js';

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });

describe('concat and split', () => {
  it('of every dtype: pieces that are joined are the whole, along every axis', () => {
    const property = fc.property(
      shapes,
      fc.nat(),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(...DTYPES),
      (base, pick, sizes, dtype) => {
        const axis = pick % base.length;
        const shape = base.with(
          axis,
          sizes.reduce((sum, size) => sum + size, 0),
        );
        const whole = numbered(shape, dtype);
        const pieces = split(whole, sizes, axis);
        expect(pieces.map((piece) => piece.shape[axis])).toEqual(sizes);
        expect(concat(pieces, axis)).toEqual(whole);
      },
    );
    fc.assert(property);
  });

  it('of every dtype: arrays that were joined are cut apart again, along every axis', () => {
    const property = fc.property(
      shapes,
      fc.nat(),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(...DTYPES),
      (base, pick, sizes, dtype) => {
        const axis = pick % base.length;
        const arrays = sizes.map((size, i) => numbered(base.with(axis, size), dtype, 61 * i));
        const whole = concat(arrays, axis);
        expect(whole.dtype).toBe(dtype);
        expect(split(whole, sizes, axis)).toEqual(arrays);
      },
    );
    fc.assert(property);
  });

  it('put elements where numpy puts them', () => {
    const a = NdArray.from([
      [1, 2],
      [3, 4],
    ]);
    const b = NdArray.from([[5], [6]]);
    expect(concat([a, b], 1).toNested()).toEqual([
      [1, 2, 5],
      [3, 4, 6],
    ]);
    expect(
      split(
        NdArray.from([
          [1, 2, 3],
          [4, 5, 6],
        ]),
        [1, 2],
        1,
      ).map((x) => x.toNested()),
    ).toEqual([
      [[1], [4]],
      [
        [2, 3],
        [5, 6],
      ],
    ]);
  });

  it('do not copy where they need not', () => {
    const whole = NdArray.from([[1], [2], [3]]);
    const [, rest] = split(whole, [1, 2]);
    expect((rest.data as Float64Array).buffer).toBe((whole.data as Float64Array).buffer);
    expect(concat([whole])).toBe(whole);
  });

  it('name what does not fit', () => {
    const a = NdArray.from([[1, 2]]);
    expect(() => concat([a, NdArray.from([[1, 2, 3]])])).toThrow(
      'array 1 to have shape [1, 2] but for dimension 0, got [1, 3]',
    );
    expect(() => concat([a, a.astype('float32')])).toThrow('dtype float64 in array 1');
    expect(() => concat([])).toThrow('got none');
    expect(() => concat([a], 2)).toThrow('axis from 0 to 1 of [1, 2], got 2');
    expect(() => split(a, [2])).toThrow('add up to 1, dimension 0 of [1, 2], got 2');
    expect(() => split(a, [2, -1])).toThrow('add up to 1');
  });
});

/** Elements that differ from one another, as far as the dtype has as many. */
function numbered(shape: readonly number[], dtype: DType, first = 0): NdArray {
  const length = shape.reduce((product, size) => product * size, 1);
  const data = allocate(dtype, length);
  for (let i = 0; i < length; i++) {
    const value = first + i;
    if (dtype === 'string') data[i] = `${value}`;
    else if (dtype === 'bool') data[i] = value % 2;
    else data[i] = dtype.endsWith('int64') ? BigInt(value) : value;
  }
  return new NdArray(dtype, data, shape);
}
