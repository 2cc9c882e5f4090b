import { NdArray } from 'bentonest/tensor';
import { expect, it } from 'vitest';
import { toNdArray } from './to-nd-array.js';

// Stands for the Float16Array of Node 24: a view of two bytes an element that is no Uint16Array.
class Halves extends Int16Array {}

it('holds the bits of halves, of whatever class their array is, without a copy', () => {
  const bits = Uint16Array.of(0, 0x3c00, 0xfc00);
  const data = new Halves(bits.buffer, 2, 2);
  const array = toNdArray({ type: 'float16', data, dims: [2] }, 'y');
  expect(array).toEqual(new NdArray('float16', Uint16Array.of(0x3c00, 0xfc00), [2]));
  bits[1] = 0x4000;
  expect(array.toNested()).toEqual([2, -Infinity]);
});

it('refuses a dtype that is not supported, by the output’s name', () => {
  expect(() => toNdArray({ type: 'uint4', data: new Uint8Array(1), dims: [2] }, 'y')).toThrow(
    /"y" has dtype uint4, which is not supported/,
  );
});
