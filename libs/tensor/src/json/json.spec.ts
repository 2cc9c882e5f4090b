import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DTYPES } from '../dtype.js';
import type { DType } from '../dtype.js';
import { NdArray } from '../nd-array.js';
import type { Nested } from '../nested.js';
import { parseJsonNdArray } from './parse-nd-array.js';

const parse = (body: string | Uint8Array, dtype?: DType): NdArray =>
  parseJsonNdArray(typeof body === 'string' ? Buffer.from(body) : body, { dtype });

/** What the scanner must agree with: JSON.parse, then a check of the nested lists. */
function reference(text: string, dtype: DType): NdArray | 'refused' {
  try {
    const nested = JSON.parse(text) as Nested;
    // JSON.parse reads 1e999 as Infinity, which no dtype takes from JSON.
    if (JSON.stringify([nested]).includes('null')) return 'refused';
    return NdArray.from(nested, { dtype });
  } catch {
    return 'refused';
  }
}

function verdict(text: string | Uint8Array, dtype: DType): NdArray | 'refused' {
  try {
    return parse(text, dtype);
  } catch (error) {
    if ((error as { code?: string }).code !== 'INVALID_NDARRAY') throw error;
    return 'refused';
  }
}

const spellings = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => `${x}`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x.toExponential()),
  fc.tuple(fc.maxSafeInteger(), fc.integer({ min: -30, max: 30 })).map(([m, e]) => `${m}E${e}`),
  fc.integer({ min: -300, max: 300 }).map((x) => `${x}`),
  fc
    .tuple(
      fc.integer({ min: 0, max: 999 }),
      fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: 1, maxLength: 30 }),
    )
    .map(([m, digits]) => `-${m}.${digits}`),
  fc.constantFrom('-0', '0.0', '1e400', '1e-400', '5e-324', '123456789012345678901234567890'),
);
const spaces = fc.constantFrom('', ' ', '\n', '\t \r');

function nestedTexts(leaf: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
      fc.infiniteStream(leaf),
      spaces,
    )
    .map(([shape, leaves, space]) => {
      const write = (axis: number): string => {
        if (axis === shape.length) return space + (leaves.next().value as string) + space;
        const items = Array.from({ length: shape[axis] }, () => write(axis + 1));
        return `${space}[${items.join(',')}${space}]${space}`;
      };
      return write(0);
    });
}

describe('the scanner agrees with JSON.parse', () => {
  it('on numbers in every spelling, bit for bit, as float64, float32 and float16', () => {
    const halves = fc.double({ min: -65536, max: 65536, noNaN: true }).map((x) => `${x}`);
    const property = fc.property(
      fc.oneof(nestedTexts(spellings), nestedTexts(halves)),
      fc.constantFrom('float64', 'float32', 'float16'),
      (text, dtype) => {
        expect(verdict(text, dtype as DType)).toEqual(reference(text, dtype as DType));
      },
    );
    fc.assert(property, { numRuns: 2000 });
  });

  it('on integers, booleans and strings', () => {
    // Both sides of each end of the integer dtypes.
    const ends = [7, 8, 15, 16, 31, 32].flatMap((bits) =>
      [-1, 0, 1].flatMap((step) => [2 ** bits + step, -(2 ** bits) + step]),
    );
    const integers = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.constantFrom(...ends));
    const leaves = fc.oneof(
      integers.map((x) => `${x}`),
      fc.boolean().map((x) => `${x}`),
      fc.string({ unit: 'binary' }).map((x) => JSON.stringify(x)),
    );
    const dtypes = fc.constantFrom(
      ...DTYPES.filter((dtype) => /^u?int(8|16|32)$|bool|string/.test(dtype)),
    );
    const property = fc.property(
      fc.oneof(
        nestedTexts(leaves),
        nestedTexts(integers.map((x) => `${x}`)),
        nestedTexts(fc.constant('1')),
        nestedTexts(fc.constant('true')),
      ),
      dtypes,
      (text, dtype) => {
        const expected = reference(text, dtype);
        // NdArray.from takes booleans as numbers, as JavaScript's callers expect; JSON's do not.
        const isStrict = dtype === 'bool' || dtype === 'string' || !/true|false/.test(text);
        expect(isStrict ? verdict(text, dtype) : 'refused').toEqual(
          isStrict ? expected : verdict(text, dtype),
        );
      },
    );
    fc.assert(property, { numRuns: 1000 });
  });

  it('on what is no JSON: any text with a byte put in, taken out or changed', () => {
    const bytes = fc.constantFrom(...'[],.-+eE0123456789 "\\tfnNI{}:\u0000'.split(''));
    const mutated = fc
      .tuple(nestedTexts(spellings), fc.nat(), bytes, fc.constantFrom('in', 'out', 'change'))
      .map(([text, position, byte, how]) => {
        const at = text.length === 0 ? 0 : position % text.length;
        const cut = how === 'in' ? 0 : 1;
        return text.slice(0, at) + (how === 'out' ? '' : byte) + text.slice(at + cut);
      });
    const property = fc.property(mutated, (text) => {
      expect(verdict(text, 'float64')).toEqual(reference(text, 'float64'));
    });
    fc.assert(property, { numRuns: 3000 });
  });

  it('on any bytes, by refusing what is no array of the dtype', () => {
    const property = fc.property(
      fc.uint8Array({ maxLength: 30 }),
      fc.constantFrom(...DTYPES),
      (bytes, dtype) => {
        expect(() => verdict(bytes, dtype)).not.toThrow();
      },
    );
    fc.assert(property);
  });
});

it('float32 is the double’s rounding where it is hardest, in the middle between two', () => {
  const property = fc.property(
    fc.float({ min: Math.fround(-1e38), max: Math.fround(1e38), noNaN: true }),
    fc.integer({ min: -3, max: 3 }),
    (value, step) => {
      const next = Math.fround(value * (1 + 2 ** -23));
      const text = ((value + next) / 2 + step * Math.abs(value) * 2 ** -52).toPrecision(17);
      expect(parse(`[${text}]`, 'float32').data[0]).toBe(Math.fround(Number(text)));
    },
  );
  fc.assert(property, { numRuns: 5000 });
});

it('float16 is the nearest half, up to the greatest', () => {
  expect(parse('[0.5, 1, -2.5, 0.1, 65504, 65519.9, 6e-8, -0]', 'float16').data).toEqual(
    Uint16Array.of(0x3800, 0x3c00, 0xc100, 0x2e66, 0x7bff, 0x7bff, 0x0001, 0x8000),
  );
  expect(() => parse('[65520]', 'float16')).toThrow('±65504 (float16) at index [0], got 65520');
});

describe('integers of 64 bits', () => {
  it('are exact over the whole range', () => {
    const property = fc.property(
      fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      (values) => {
        expect(parse(`[${values.join(',')}]`, 'int64').data).toEqual(BigInt64Array.from(values));
        expect(parse(`[${['0.5', ...values].join(',')}]`).dtype).toBe('float64');
      },
    );
    fc.assert(property);
    expect(parse('[18446744073709551615]', 'uint64').data).toEqual(
      BigUint64Array.of(2n ** 64n - 1n),
    );
  });

  it('may be written with a fraction or an exponent, where that is exact', () => {
    const text = '[1.0, 1e3, 1234567890123456.7e1, 9.007199254740993e15, -0.0e5]';
    expect(parse(text, 'int64').data).toEqual(
      BigInt64Array.of(1n, 1000n, 12345678901234567n, 9007199254740993n, 0n),
    );
    expect(() => parse('[1.0000000000000000001]', 'int64')).toThrow(
      'Expected a whole number (int64)',
    );
  });

  it.each([
    ['[9223372036854775808]', 'int64'],
    ['[-9223372036854775809]', 'int64'],
    ['[18446744073709551616]', 'uint64'],
    ['[1e400]', 'int64'],
    ['[1e19]', 'int64'],
    ['[-1]', 'uint64'],
  ] as const)('refuse %s as %s', (text, dtype) => {
    expect(() => parse(text, dtype)).toThrow(/Expected a whole number from .* at index \[0\], got/);
  });
});

describe('without a dtype', () => {
  it.each([
    ['[1, 2]', 'int64'],
    ['[1, 2.0]', 'float64'],
    ['[1e2]', 'float64'],
    ['[9007199254740993]', 'int64'],
    ['[9223372036854775808]', 'float64'],
    ['[[true]]', 'bool'],
    ['"a"', 'string'],
    ['[]', 'float64'],
  ])('%s is %s', (text, dtype) => {
    expect(parse(text).dtype).toBe(dtype);
  });
});

describe('shapes', () => {
  it.each([
    ['5', []],
    [' [ ] ', [0]],
    ['[[],[]]', [2, 0]],
    ['[[[1],[2]]]', [1, 2, 1]],
  ])('%s is %j', (text, shape) => {
    expect(parse(text).shape).toEqual(shape);
  });
});

describe('an error', () => {
  it.each<[string, DType | undefined, string]>([
    ['', undefined, 'The body is empty. Send nested JSON lists.'],
    [' \n', undefined, 'The body is empty. Send nested JSON lists.'],
    ['nope', 'float32', 'Expected a number or a list at byte 0, got "n". Send nested JSON lists.'],
    ['[[1,2,3,"x"]]', 'float32', 'Expected a number at index [0][3], got the string "x".'],
    ['[[1,null]]', 'float32', 'Expected a number at index [0][1], got null.'],
    ['[1,true]', 'float32', 'Expected a number at index [1], got true.'],
    [
      '[1,NaN]',
      'float32',
      'Expected a number at index [1], got NaN. JSON has no such number: send it as .npy.',
    ],
    [
      '[-Infinity]',
      'float32',
      'Expected a number at index [0], got -Infinity. JSON has no such number: send it as .npy.',
    ],
    ['[1,{"a":1}]', 'float32', 'Expected a number at index [1], got an object.'],
    ['{"a":1}', undefined, 'Expected a number, got an object.'],
    ['[true,1]', undefined, 'Expected a boolean at index [1], got the number 1.'],
    ['["a",1]', undefined, 'Expected a string at index [1], got the number 1.'],
    [
      '[[1,2,3,4],[1,2]]',
      'float32',
      'Expected 4 values at index [1], got 2. Lists of one level must have the same length.',
    ],
    ['[[1],2]', 'float32', 'Expected a list at index [1], got the number 2.'],
    ['[1,[2]]', 'float32', 'Expected a number at index [1], got a list.'],
    ['[[],1]', 'float32', 'Expected a list at index [1], got the number 1.'],
    [
      '[[1,2,3,1e999]]',
      'float32',
      'Expected a number of at most ±3.4028235e38 (float32) at index [0][3], got 1e999.',
    ],
    [
      '[1e39]',
      'float32',
      'Expected a number of at most ±3.4028235e38 (float32) at index [0], got 1e+39.',
    ],
    [
      '[-1e999]',
      'float64',
      'Expected a number of at most ±1.7976931348623157e308 (float64) at index [0], got -1e999.',
    ],
    ['[0,300]', 'uint8', 'Expected a whole number from 0 to 255 (uint8) at index [1], got 300.'],
    ['[1.5]', 'int32', 'Expected a whole number (int32) at index [0], got 1.5.'],
    ['[1', 'float32', 'Expected "," or "]" at byte 2, got the end. Send nested JSON lists.'],
    ['[1,', 'float32', 'Expected a value at byte 3, got the end. Send nested JSON lists.'],
    ['[1,]', 'float32', 'Expected a number at byte 3, got "]". Send nested JSON lists.'],
    [
      '[1 2]',
      'float32',
      'Expected "," or "]" at byte 3, got the number 2. Send nested JSON lists.',
    ],
    ['[1]]', 'float32', 'Expected the end at byte 3, got "]". Send nested JSON lists.'],
    ['[01]', 'float32', 'Expected "," or "]" at byte 2, got the number 1. Send nested JSON lists.'],
    ['[1.]', 'float32', 'Expected a digit at byte 3, got "]". Send nested JSON lists.'],
    [
      '["\\x"]',
      'string',
      'Expected a string of valid UTF-8 and escapes at byte 1, got the string "\\x". Send nested JSON lists.',
    ],
  ])('for %s as %s says where, what was expected and what came', (text, dtype, message) => {
    expect(() => parse(text, dtype)).toThrow(message);
  });

  it('refuses invalid UTF-8 in strings', () => {
    const bytes = Buffer.concat([Buffer.from('["'), Buffer.of(0xff), Buffer.from('"]')]);
    expect(() => parseJsonNdArray(bytes, { dtype: 'string' })).toThrow('valid UTF-8');
  });

  it('comes at once for 250,000 open lists, and for a million digits', () => {
    expect(() => parse('['.repeat(250_000))).toThrow(
      'Expected lists nested at most 32 deep, got deeper at index [0][0][0][0]… (byte 32).',
    );
    expect(parse(`[${'['.repeat(31)}1${']'.repeat(31)}]`).rank).toBe(32);
    expect(parse(`[0.${'3'.repeat(1_000_000)}]`).data[0]).toBe(1 / 3);
  });
});
