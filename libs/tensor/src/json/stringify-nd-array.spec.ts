import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DTYPES } from '../dtype.js';
import type { DType } from '../dtype.js';
import { NdArray } from '../nd-array.js';
import { parseJsonNdArray } from './parse-nd-array.js';
import { shortestFloat32 } from './shortest-float32.js';
import { stringifyNdArray } from './stringify-nd-array.js';

const parse = (text: string, dtype: DType): NdArray =>
  parseJsonNdArray(Buffer.from(text), { dtype });

describe('stringify', () => {
  it('is read back as it was, for every dtype', () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 });
    const property = fc.property(
      shapes,
      fc.infiniteStream(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      fc.constantFrom(...DTYPES),
      (shape, stream, dtype) => {
        const length = shape.reduce((product, size) => product * size, 1);
        const bits = BigInt64Array.from({ length }, () => stream.next().value as bigint);
        const array = fromBits(dtype, bits, shape);
        const text = stringifyNdArray(array);
        expect(length === 0 ? parse(text, dtype).size : parse(text, dtype)).toEqual(
          length === 0 ? 0 : array,
        );
      },
    );
    fc.assert(property);
  });

  it('writes float32 in the fewest digits that read back', () => {
    const digits = (text: string): number =>
      text
        .replace(/e.*/, '')
        .replace(/[-.]/g, '')
        .replace(/^0+|0+$/g, '').length;
    const values = fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.float({ noNaN: true, min: -1, max: 1 }).map((x) => Math.fround(x * 2 ** -10)),
      fc.integer({ min: -(10 ** 9), max: 10 ** 9 }).map((x) => Math.fround(x / 10 ** 6)),
      fc.integer({ min: -149, max: 127 }).map((x) => 2 ** x),
    );
    const property = fc.property(values, (value) => {
      const text = shortestFloat32(value);
      expect(Math.fround(Number(text))).toBe(value);
      let least = 1;
      while (Math.fround(Number(value.toPrecision(least))) !== value) least++;
      expect(digits(text)).toBeLessThanOrEqual(least);
    });
    fc.assert(property, { numRuns: 5000 });
    expect(
      [0.1, 16777216, 1e-45, 3.4028234663852886e38].map((x) => shortestFloat32(Math.fround(x))),
    ).toEqual(['0.1', '16777216', '1e-45', '3.4028235e+38']);
  });

  it('has no more digits than it takes next to powers of two, where the gaps differ', () => {
    for (let exponent = -31; exponent < 18; exponent++) {
      const [bits] = new Int32Array(Float32Array.of(2 ** exponent).buffer);
      for (const word of [bits - 1, bits, bits + 1]) {
        const [value] = new Float32Array(Int32Array.of(word).buffer);
        let least = 1;
        while (Math.fround(Number(value.toPrecision(least))) !== value) least++;
        expect(Number(shortestFloat32(value))).toBe(Number(value.toPrecision(least)));
      }
    }
  });

  it('writes each float32 as its own text, whatever its size and place', () => {
    const bits = fc.oneof(
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      // Powers of two, where the gap below is half the gap above, and their neighbours.
      fc.tuple(fc.nat(255), fc.integer({ min: -2, max: 2 })).map(([e, d]) => (e << 23) + d),
    );
    const short = fc
      .tuple(fc.nat(999_999), fc.nat(12))
      .map(([digits, places]) => Math.fround(digits / 10 ** places));
    const numbers = fc.oneof(
      bits.map((word) => new Float32Array(Int32Array.of(word).buffer)[0]),
      short,
    );
    const property = fc.property(fc.array(numbers, { maxLength: 40 }), (values) => {
      const array = new NdArray('float32', Float32Array.from(values), [values.length]);
      const texts = values.map((x) => (Number.isFinite(x) ? shortestFloat32(x) : 'null'));
      expect(stringifyNdArray(array)).toBe(`[${texts.join(',')}]`);
    });
    fc.assert(property, { numRuns: 3000 });
  });

  it('writes arrays that are larger than its first scratch', () => {
    const numbers = Float32Array.from({ length: 50_000 }, (_, i) => Math.sin(i));
    const array = new NdArray('float32', numbers, [500, 100]);
    expect(parse(stringifyNdArray(array), 'float32')).toEqual(array);
  });

  it('writes what JSON does not have as null, or refuses it by its index', () => {
    const array = NdArray.from([
      [1, NaN],
      [Infinity, -0],
    ]);
    expect(stringifyNdArray(array)).toBe('[[1,null],[null,-0]]');
    expect(() => stringifyNdArray(array, { nonFinite: 'error' })).toThrow('NaN at index [0][1]');
    const scalar = NdArray.from(-Infinity, { dtype: 'float16' });
    expect(() => stringifyNdArray(scalar, { nonFinite: 'error' })).toThrow(
      'JSON cannot write -Infinity. Ask for .npy',
    );
  });
});

/** An array of a dtype with values made of arbitrary bits, finite ones. */
function fromBits(dtype: DType, bits: BigInt64Array, shape: readonly number[]): NdArray {
  const numbers = Array.from(bits, Number);
  switch (dtype) {
    case 'string':
      return new NdArray(
        dtype,
        Array.from(bits, (x) => `"${String.fromCharCode(Number(x & 0xfffn))}\\`),
        shape,
      );
    case 'bool':
      return NdArray.from(numbers.map((x) => x % 2 !== 0)).size === 0
        ? new NdArray(dtype, new Uint8Array(0), shape)
        : new NdArray(
            dtype,
            Uint8Array.from(numbers, (x) => Number(x % 2 !== 0)),
            shape,
          );
    case 'int64':
      return new NdArray(dtype, bits, shape);
    case 'uint64':
      return new NdArray(dtype, new BigUint64Array(bits.buffer as ArrayBuffer), shape);
    case 'float16':
      return new NdArray(
        dtype,
        Uint16Array.from(bits, (x) => Number(x & 0x7bffn) & ~0x400),
        shape,
      );
    case 'float32':
      return new NdArray(
        dtype,
        Float32Array.from(numbers, (x) => x / 3e9),
        shape,
      );
    case 'float64':
      return new NdArray(
        dtype,
        Float64Array.from(numbers, (x) => x / 3e9),
        shape,
      );
    case 'int8':
      return new NdArray(
        dtype,
        Int8Array.from(bits, (x) => Number(BigInt.asIntN(8, x))),
        shape,
      );
    case 'int16':
      return new NdArray(
        dtype,
        Int16Array.from(bits, (x) => Number(BigInt.asIntN(16, x))),
        shape,
      );
    case 'int32':
      return new NdArray(
        dtype,
        Int32Array.from(bits, (x) => Number(BigInt.asIntN(32, x))),
        shape,
      );
    case 'uint8':
      return new NdArray(
        dtype,
        Uint8Array.from(bits, (x) => Number(BigInt.asUintN(8, x))),
        shape,
      );
    case 'uint16':
      return new NdArray(
        dtype,
        Uint16Array.from(bits, (x) => Number(BigInt.asUintN(16, x))),
        shape,
      );
    case 'uint32':
      return new NdArray(
        dtype,
        Uint32Array.from(bits, (x) => Number(BigInt.asUintN(32, x))),
        shape,
      );
  }
}
