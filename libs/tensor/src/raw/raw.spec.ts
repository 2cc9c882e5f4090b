import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  DTYPES,
  NdArray,
  bytesPerElement,
  decodeRaw,
  encodeRaw,
  integerRange,
} from 'bentonest/tensor';
import type { NumericDType } from 'bentonest/tensor';

const NUMERIC = DTYPES.filter((dtype): dtype is NumericDType => dtype !== 'string');

it('gives back every bit of every dtype, whatever the alignment', () => {
  const cases = fc.record({
    dtype: fc.constantFrom(...NUMERIC.filter((dtype) => dtype !== 'bool')),
    rows: fc.nat(4),
    offset: fc.nat(8),
    seed: fc.uint8Array({ minLength: 96, maxLength: 96 }),
  });
  fc.assert(
    fc.property(cases, ({ dtype, rows, offset, seed }) => {
      const length = rows * 3 * bytesPerElement(dtype);
      const shifted = Buffer.alloc(offset + length);
      shifted.set(seed.subarray(0, length), offset);
      const array = decodeRaw(shifted.subarray(offset), dtype, [rows, 3]);
      expect(array.shape).toEqual([rows, 3]);
      expect(encodeRaw(array)).toEqual(Buffer.from(seed.subarray(0, length)));
    }),
  );
});

it('is little-endian, as numpy.tobytes() on common machines', () => {
  expect(encodeRaw(NdArray.from([1, -2], { dtype: 'int16' })).toString('hex')).toBe('0100feff');
  const [, max] = integerRange('int64');
  expect(decodeRaw(Buffer.from('ffffffffffffff7f', 'hex'), 'int64', []).data).toEqual(
    BigInt64Array.of(max),
  );
});

it('says how many bytes the shape needs', () => {
  expect(() => decodeRaw(Buffer.alloc(15), 'float32', [1, 4])).toThrow(
    'Expected 16 bytes for float32 of shape [1, 4], got 15.',
  );
});

it('takes booleans that are 0 or 1, and names the first that is neither', () => {
  expect(decodeRaw(Buffer.of(0, 1), 'bool', [2]).toNested()).toEqual([false, true]);
  expect(() => decodeRaw(Buffer.of(0, 1, 2, 0), 'bool', [2, 2])).toThrow('got 2 at [1][0]');
});

it('refuses to write strings', () => {
  expect(() => encodeRaw(NdArray.from(['a']))).toThrow('Write JSON or .npy');
});
