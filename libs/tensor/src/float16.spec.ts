import fc from 'fast-check';
import { expect, it } from 'vitest';
import { float16ToNumber, numberToFloat16 } from './float16.js';

const isNaNBits = (bits: number): boolean => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;

it('brings all 65,536 halves back as they were', () => {
  const halves = Array.from({ length: 0x10000 }, (_, i) => i).filter((bits) => !isNaNBits(bits));
  expect(halves.map((bits) => numberToFloat16(float16ToNumber(bits)))).toEqual(halves);
  expect(Number.isNaN(float16ToNumber(0x7e01))).toBe(true);
  expect(numberToFloat16(NaN)).toBe(0x7e00);
});

it('takes the nearest half, and the even one of two', () => {
  const property = fc.property(fc.double({ min: -65519, max: 65519, noNaN: true }), (value) => {
    const bits = numberToFloat16(value);
    const distance = (each: number): number => Math.abs(float16ToNumber(each) - value);
    const isFinite = (each: number): boolean => each >= 0 && (each & 0x7c00) !== 0x7c00;
    const nearer = [bits - 1, bits + 1].filter(
      (neighbour) =>
        isFinite(neighbour) &&
        (distance(neighbour) < distance(bits) ||
          (distance(neighbour) === distance(bits) && bits % 2 === 1)),
    );
    expect(nearer).toEqual([]);
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
