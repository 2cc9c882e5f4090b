import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readRun, run } from './run.js';

function read(text: string, capacity = 100, toFloat32 = false) {
  const bytes = new TextEncoder().encode(text);
  const view = new DataView(bytes.buffer);
  Object.assign(run, { largest: 0, allIntegers: true, toFloat32, view });
  const values = new Float64Array(capacity);
  const behind = readRun(bytes, 0, values, 0);
  return { behind, values: Array.from(values.subarray(0, run.length)), ...run };
}

it.each([
  ['1, -2.5,0,3]', 10, [1, -2.5, 0]],
  ['-0.0,1]', 5, [-0]],
  ['1 ,2', 0, []],
  ['1,  2,', 3, [1]],
  ['1,01,', 2, [1]],
  ['1,2.,', 2, [1]],
  ['1,1e3,', 2, [1]],
  ['1,-,', 2, [1]],
  ['1,9007199254740992,', 2, [1]],
  ['9007199254740991,', 17, [9007199254740991]],
  [`1,0.${'0'.repeat(22)}1,`, 2, [1]],
  ['1,]', 2, [1]],
  ['0.1234,0.12345678,', 18, [0.1234, 0.12345678]],
  ['0.123:,', 0, []],
  ['0.12/4,', 0, []],
  ['0.1234\u00b1,', 0, []],
  ['0.1234', 0, []],
  ['', 0, []],
])('%j is read up to byte %i', (text, behind, values) => {
  expect(read(text)).toMatchObject({ behind, values });
});

it('stops where there is no room', () => {
  expect(read('1,2,3,', 2)).toMatchObject({ behind: 4, values: [1, 2] });
});

it('tells the largest magnitude, and whether all are integers', () => {
  expect(read('1,-7,2,')).toMatchObject({ largest: 7, allIntegers: true });
  expect(read('1,-7.0,2,')).toMatchObject({ largest: 7, allIntegers: false });
});

it('rounds numbers of any length as Number and fround do', () => {
  const digits = fc.string({
    unit: fc.constantFrom(...'0123456789'.split('')),
    minLength: 1,
    maxLength: 24,
  });
  const property = fc.property(fc.integer({ min: -9999, max: 9999 }), digits, (whole, fraction) => {
    const text = `${whole}.${fraction}`;
    for (const value of read(`${text},`).values) expect(value).toBe(Number(text));
    for (const value of read(`${text},`, 1, true).values) {
      expect(Math.fround(value)).toBe(Math.fround(Number(text)));
    }
  });
  fc.assert(property, { numRuns: 3000 });
  expect(read('0.10000000149011612,', 1, true).values).toHaveLength(1);
});

it('rounds near the midpoint of two float32 as fround does, or leaves it', () => {
  const property = fc.property(
    fc.float({ min: Math.fround(0.001), max: 1, noNaN: true }),
    fc.integer({ min: -9, max: 9 }),
    (value, step) => {
      const bits = new Uint32Array(Float32Array.of(value).buffer);
      bits[0]++;
      const [next] = new Float32Array(bits.buffer);
      const text = ((value + next) / 2 + step * 2 ** -53).toFixed(20);
      const { values } = read(`${text},`, 1, true);
      expect(values.map(Math.fround)).toEqual(values.map(() => Math.fround(Number(text))));
    },
  );
  fc.assert(property, { numRuns: 3000 });
});

it('reads fractions of one length as Number does, whatever byte stands among them', () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 20 }),
    fc.array(fc.integer({ min: 0, max: 2 ** 31 }), { minLength: 2, maxLength: 6 }),
    fc.nat(),
    fc.constantFrom('', ...'/:.,-e x\u00b1\u00fa'.split('')),
    (places, numbers, position, strange) => {
      const texts = numbers.map((n) => `0.${String(n).padStart(places, '7').slice(-places)}`);
      const whole = `1.${'2'.repeat(places)},${texts.join(',')},`;
      const at = position % whole.length;
      const text = strange === '' ? whole : whole.slice(0, at) + strange + whole.slice(at + 1);
      const { behind, values } = read(text);
      const taken = text.slice(0, behind).split(',').slice(0, -1);
      expect(values).toEqual(taken.map(Number));
      // No more digits than a double has: nothing of it may be left to others.
      const isWhole = strange === '' && places <= 15;
      expect(isWhole ? behind : whole.length).toBe(whole.length);
    },
  );
  fc.assert(property, { numRuns: 3000 });
});
