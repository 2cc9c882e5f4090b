import fc from 'fast-check';
import { expect, it } from 'vitest';
import { float16ToNumber, numberToFloat16 } from './float16.js';

const isNaNBits = (bits: number): boolean => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;

it('brings all 65,536 halves back as they were', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    if (!isNaNBits(bits)) expect(numberToFloat16(float16ToNumber(bits))).toBe(bits);
  }
  expect(Number.isNaN(float16ToNumber(0x7e01))).toBe(true);
  expect(numberToFloat16(NaN)).toBe(0x7e00);
});

it('takes the nearest half, and the even one of two', () => {
  const property = fc.property(fc.double({ min: -65519, max: 65519, noNaN: true }), (value) => {
    const bits = numberToFloat16(value);
    const distance = (each: number): number => Math.abs(float16ToNumber(each) - value);
    for (const neighbour of [bits - 1, bits + 1]) {
      if (neighbour < 0 || isNaNBits(neighbour) || (neighbour & 0x7fff) === 0x7c00) continue;
      expect(distance(bits)).toBeLessThanOrEqual(distance(neighbour));
      if (distance(bits) === distance(neighbour)) expect(bits % 2).toBe(0);
    }
  });
  fc.assert(property, { numRuns: 2000 });
});

it.each([
  [65519.99, 0x7bff],
  [65520, 0x7c00],
  [-Infinity, 0xfc00],
  [2 ** -25, 0x0000],
  [2 ** -25 * 1.5, 0x0001],
  [-0, 0x8000],
  [2047.5, 0x6800],
])('knows the edge %d', (value, bits) => {
  expect(numberToFloat16(value)).toBe(bits);
});
