import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DType } from '../dtype.js';
import type { NdArray } from '../nd-array.js';
import { InvalidNdArrayError } from '../tensor.errors.js';
import { exactInteger } from './decimal.js';
import { parseJsonNdArray } from './parse-nd-array.js';

const parse = (text: string, dtype?: DType): NdArray =>
  parseJsonNdArray(Buffer.from(text), { dtype });

function errorOf(body: string | Uint8Array, dtype?: DType): InvalidNdArrayError {
  try {
    parseJsonNdArray(typeof body === 'string' ? Buffer.from(body) : body, { dtype });
  } catch (error) {
    if (error instanceof InvalidNdArrayError) return error;
    throw error;
  }
  throw new Error('The body was taken.');
}

function valueOf(text: string, dtype: DType): unknown {
  try {
    return parse(text, dtype).data[0];
  } catch (error) {
    if (error instanceof InvalidNdArrayError) return 'refused';
    throw error;
  }
}

type Json = number | boolean | string | null | Json[];

/** Shape of rectangular lists, else undefined: independent of the scanner and of NdArray.from. */
function shapeOf(value: Json): number[] | undefined {
  if (!Array.isArray(value)) return [];
  const inner = value.map(shapeOf);
  const [first] = inner;
  if (inner.length === 0) return [0];
  if (first === undefined) return undefined;
  const same = inner.every((shape) => JSON.stringify(shape) === JSON.stringify(first));
  return same ? [value.length, ...first] : undefined;
}

const leaves = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -9, max: 9 }) },
  { weight: 1, arbitrary: fc.constantFrom<Json>(0.5, true, 'a', null) },
);
const { lists } = fc.letrec<{ lists: Json }>((tie) => ({
  lists: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    leaves,
    fc.array(tie('lists'), { maxLength: 3 }),
  ),
}));

describe('without a dtype', () => {
  it('takes exactly the rectangular lists of one kind, and infers its dtype', () => {
    let taken = 0;
    let refused = 0;
    const property = fc.property(lists, (value) => {
      const text = JSON.stringify(value);
      const flat = ([value] as unknown[]).flat(Infinity) as (number | boolean | string | null)[];
      const shape = shapeOf(value);
      const kinds = new Set(flat.map((leaf) => (leaf === null ? 'null' : typeof leaf)));
      if (shape === undefined || kinds.size > 1 || kinds.has('null')) {
        refused++;
        errorOf(text);
        return;
      }
      taken++;
      const array = parse(text);
      expect(array.shape).toEqual(shape);
      const isInteger = flat.length > 0 && flat.every((leaf) => Number.isInteger(leaf));
      const expected = { boolean: 'bool', string: 'string' }[[...kinds][0] as string];
      expect(array.dtype).toBe(expected ?? (isInteger ? 'int64' : 'float64'));
      expect(Array.from(array.data as ArrayLike<number | bigint | string>, String)).toEqual(
        flat.map((leaf) => (typeof leaf === 'boolean' ? String(Number(leaf)) : String(leaf))),
      );
    });
    fc.assert(property, { numRuns: 3000 });
    expect(Math.min(taken, refused)).toBeGreaterThan(100);
  });
});

describe('integers', () => {
  // Mantissas that doubles hold, whose products they do not, and those that they do not hold.
  const spellings = fc.oneof(
    fc.tuple(
      fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
    ),
    fc.tuple(
      fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
      fc.integer({ min: 0, max: 22 }),
      fc.integer({ min: -4, max: 22 }),
    ),
  );

  it('of any spelling agree with BigInt, as int64 and uint64', () => {
    const property = fc.property(spellings, ([mantissa, places, shift]) => {
      const digits = `${mantissa < 0n ? -mantissa : mantissa}`.padStart(places + 1, '0');
      const whole = digits.slice(0, digits.length - places);
      const fraction = places === 0 ? '' : `.${digits.slice(digits.length - places)}`;
      const exponent = places + shift;
      const text = `${mantissa < 0n ? '-' : ''}${whole}${fraction}e${exponent}`;
      const scale = 10n ** BigInt(Math.abs(shift));
      const isWhole = shift >= 0 || mantissa % scale === 0n;
      const value = shift >= 0 ? mantissa * scale : mantissa / scale;
      for (const dtype of ['int64', 'uint64'] as const) {
        const wrap = dtype === 'int64' ? BigInt.asIntN : BigInt.asUintN;
        const expected = isWhole && wrap(64, value) === value ? value : 'refused';
        expect(valueOf(text, dtype)).toBe(expected);
      }
    });
    fc.assert(property, { numRuns: 3000 });
  });

  it('are exact where their double is a rounded whole number', () => {
    expect(parse('[1234567890123457e3, 12345678901234.57e5]', 'int64').data).toEqual(
      BigInt64Array.of(1234567890123457000n, 1234567890123457000n),
    );
  });

  it('of 40 digits and more are out of range, whatever they are', () => {
    expect(exactInteger('1e999999999999')).toBe(10n ** 40n);
    expect(exactInteger(`-1${'0'.repeat(100)}1`)).toBe(-(10n ** 40n));
    expect(exactInteger('1e-999999999999')).toBeUndefined();
    expect(exactInteger('0.000e-5')).toBe(0n);
  });
});

describe('bodies made to be slow or wrong', () => {
  // Each took minutes, or a wrong value, with a pattern for the zeros or a limit on the exponent.
  it('are refused or read like others', () => {
    expect(errorOf(`[1${'0'.repeat(1_000_000)}1]`, 'int64').message).toContain('(int64)');
    expect(errorOf(`[${'7'.repeat(1_000_000)}]`).message).toContain('(float64) at index [0]');
    expect(errorOf(`[0.${'0'.repeat(1_000_000)}1e10000001]`, 'float64').details).toEqual({
      index: [0],
    });
    expect(parse(`0.${'0'.repeat(1_000_000)}1e1000001`, 'float64').data[0]).toBe(1);
  });

  it('leave nothing behind for the next', () => {
    const large = Array.from({ length: 2 ** 20 + 1 }, (_, i) => i % 10);
    const { data } = parse(JSON.stringify(large), 'uint8');
    expect(Buffer.compare(data as Uint8Array, Uint8Array.from(large))).toBe(0);
    const first = parse('[1, 2, 3]', 'float32');
    errorOf('[9, 9, x]', 'float32');
    parse('[7, 7, 7]', 'float32');
    expect(first.data).toEqual(Float32Array.of(1, 2, 3));
  });

  it('of more empty lists than an array may have are no array', () => {
    expect(errorOf(`[${'[],'.repeat(2 ** 20)}[]]`).message).toContain('without elements');
  });
});

describe('bytes', () => {
  it('that lie within a larger buffer are read alone', () => {
    const text = '["a\u00e9", "\\ud83d\\ude00"]';
    const padded = Buffer.from(`99${text}99`);
    const view = new Uint8Array(padded.buffer, padded.byteOffset + 2, Buffer.byteLength(text));
    expect(parseJsonNdArray(view).data).toEqual(['aé', '😀']);
  });

  it('that begin with a byte order mark are refused by name', () => {
    expect(errorOf('\ufeff[1]').message).toBe(
      'Expected a number or a list at byte 0, got a byte order mark. Send nested JSON lists.',
    );
  });

  it.each([
    ['tru', 'bool'],
    ['[t', 'bool'],
    ['[falsy]', 'bool'],
    ['["a\u0001"]', 'string'],
    ['["a', 'string'],
    ['["', 'string'],
    ['["\\', 'string'],
    ['[-]', 'float32'],
    ['[+1]', 'float32'],
    ['[.5]', 'float32'],
    ['[1e]', 'float32'],
    ['[[1],]', 'float32'],
    ['[[1],nope]', 'float32'],
    ['[,1]', 'float32'],
    ['[1,,2]', 'float32'],
  ] as const)('%j as %s are no JSON, and the byte says where', (text, dtype) => {
    expect(errorOf(text, dtype).message).toMatch(
      / at byte \d+, got .*\. Send nested JSON lists\.$/,
    );
  });

  it('are read to the depth that is asked for', () => {
    const bytes = Buffer.from('[[1]]');
    expect(parseJsonNdArray(bytes, { maxDepth: 2 }).shape).toEqual([1, 1]);
    expect(() => parseJsonNdArray(bytes, { maxDepth: 1 })).toThrow('nested at most 1 deep');
    expect(() => parseJsonNdArray(bytes, { maxDepth: 0 })).toThrow('0 deep, got deeper (byte 0).');
  });

  it('that nest too deep are refused by the index of the list that does', () => {
    expect(errorOf('['.repeat(40)).details).toEqual({ index: Array(32).fill(0) });
    expect(() => parseJsonNdArray(Buffer.from('[[], [[1]]]'), { maxDepth: 2 })).toThrow(
      expect.objectContaining({
        message: 'Expected lists nested at most 2 deep, got deeper at index [1][0] (byte 6).',
        details: { index: [1, 0] },
      }),
    );
  });

  it('shows at most 40 characters of what came', () => {
    const { message } = errorOf(`["${'a'.repeat(5000)}"]`, 'float32');
    expect(message.length).toBeLessThan(100);
  });
});
