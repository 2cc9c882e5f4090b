import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DTYPES, allocate } from '../dtype.js';
import type { DType } from '../dtype.js';
import { NdArray } from '../nd-array.js';
import { NpyFormatError } from '../tensor.errors.js';
import { decodeNpy } from './decode-npy.js';
import { encodeNpy, npyPreamble } from './encode-npy.js';

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const sizeOf = (shape: readonly number[]): number => shape.reduce((p, n) => p * n, 1);

/** Arrays whose elements have any bits at all: NaN payloads must survive too. */
function arrays(dtype: DType): fc.Arbitrary<NdArray> {
  return shapes.chain((shape): fc.Arbitrary<NdArray> => {
    const size = sizeOf(shape);
    if (dtype === 'string') {
      const text = fc.string({ unit: 'binary', maxLength: 6 }).filter((s) => !s.endsWith('\0'));
      return fc
        .array(text, { minLength: size, maxLength: size })
        .map((data) => new NdArray('string', data, shape));
    }
    const data = allocate(dtype, size);
    const length = data.byteLength;
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bits) => {
      const filled = allocate(dtype, size);
      const target = new Uint8Array(filled.buffer);
      target.set(dtype === 'bool' ? bits.map((b) => b & 1) : bits);
      return new NdArray(dtype, filled, shape);
    });
  });
}

function bitsOf({ data }: NdArray): unknown {
  if (Array.isArray(data)) return data;
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
}

/** A file with any header, true or not. */
function npy(header: string, data = Buffer.alloc(0), version = 1): Buffer {
  const lengthBytes = version === 1 ? 2 : 4;
  const prefix = Buffer.alloc(8 + lengthBytes);
  prefix.write('\x93NUMPY', 'latin1');
  prefix[6] = version;
  prefix.writeUIntLE(Buffer.byteLength(header), 8, lengthBytes);
  return Buffer.concat([prefix, Buffer.from(header), data]);
}

const dict = (descr: string, shape: string, fortran = 'False'): string =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

/** What becomes of a damaged file; an error of any other kind goes on to the test. */
function verdict(file: Uint8Array): 'decoded' | 'refused' | 'inconsistent' {
  try {
    const array = decodeNpy(file);
    return array.size === sizeOf(array.shape) ? 'decoded' : 'inconsistent';
  } catch (error) {
    if (error instanceof NpyFormatError && error.message.includes('.npy')) return 'refused';
    throw error;
  }
}

describe('encodeNpy and decodeNpy', () => {
  it.each(DTYPES)('give back every %s array', (dtype) => {
    fc.assert(
      fc.property(arrays(dtype), (array) => {
        const file = encodeNpy(array);
        const decoded = decodeNpy(file);
        expect(decoded.dtype).toBe(dtype);
        expect(decoded.shape).toEqual(array.shape);
        expect(bitsOf(decoded)).toEqual(bitsOf(array));
      }),
    );
  });

  it('give back strings longer than one call has room for arguments', () => {
    const long = '\u{1f40d}'.repeat(300_000);
    expect(decodeNpy(encodeNpy(new NdArray('string', ['', long], [2]))).data).toEqual(['', long]);
  });
});

describe('encodeNpy', () => {
  it('starts the data on a multiple of 64 bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 32 }), (shape) => {
        const preamble = npyPreamble('<f4', shape);
        expect(preamble.length % 64).toBe(0);
        expect(preamble.at(-1)).toBe(0x0a);
        expect(preamble.readUInt16LE(8)).toBe(preamble.length - 10);
      }),
    );
  });

  it('goes to version 2.0 only when the header is too long for 1.0', () => {
    const short = npyPreamble(
      '<f4',
      Array.from({ length: 21_800 }, () => 1),
    );
    const long = npyPreamble(
      '<f4',
      Array.from({ length: 21_900 }, () => 1),
    );
    expect([short[6], long[6]]).toEqual([1, 2]);
    expect(long.readUInt32LE(8)).toBe(long.length - 12);
    expect(long.length % 64).toBe(0);
  });

  it.each([
    ['a NUL', 'a\0'],
    ['half of a surrogate pair', 'a\ud800'],
  ])('refuses a string with %s, which would not come back', (what, text) => {
    expect(() => encodeNpy(new NdArray('string', ['ok', text], [2]))).toThrow(
      new RegExp(`\\.npy.*element 1.*${what}`),
    );
  });
});

describe('decodeNpy', () => {
  it('is a view where alignment and byte order allow it', () => {
    const file = encodeNpy(NdArray.from([1, 2, 3], { dtype: 'float32' }));
    const aligned = new Uint8Array(file);
    const { data } = decodeNpy(aligned) as NdArray<'float32'>;
    expect(data.buffer).toBe(aligned.buffer);
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    const copy = decodeNpy(shifted.subarray(1)) as NdArray<'float32'>;
    expect(copy.data.buffer).not.toBe(shifted.buffer);
    expect(copy.data).toEqual(data);
  });

  it.each(['>f4', '>U1'])('does not write to its input while it swaps %s', (descr) => {
    const file = npy(dict(`'${descr}'`, '(1,)'), Buffer.from([0, 0, 0, 65]));
    const before = Buffer.from(file);
    decodeNpy(file);
    expect(file.equals(before)).toBe(true);
  });

  it('reads what Python 2 and other writers put in a header', () => {
    const data = Buffer.from([1, 2, 0xff]);
    const header = `{"shape":(3L,),"fortran_order":True,"descr":"|b1"}`;
    for (const version of [1, 2, 3]) {
      const array = decodeNpy(npy(header, data, version));
      expect(array.toNested()).toEqual([true, true, true]);
      expect(array.data).toEqual(new Uint8Array([1, 1, 1]));
    }
  });

  it.each([
    ["'|O'", /pickle.*allow_pickle=False/],
    ["'<c16'", /complex.*array\.real/],
    ["'<M8[ns]'", /datetime64.*int64/],
    ["'<m8[s]'", /timedelta64.*int64/],
    ["'|S3'", /byte strings.*astype\('U'\)/],
    ["'|V2'", /bfloat16.*float32/],
    ["'<f16'", /extended-precision.*float64/],
    ["[('a', '<f4'), ('b', '<i4')]", /structured dtype.*one file per field/],
    ["'<i3'", /"<i3".*astype/],
    ["'f4'", /"f4".*astype/],
    ["'|f4'", /"\|f4".*astype/],
    ["'|U1'", /"\|U1".*astype/],
    ["'<U0'", /"<U0".*U1/],
    ["'<U999999999'", /"<U999999999"/],
  ])('refuses descr %s with a cure', (descr, message) => {
    expect(() => decodeNpy(npy(dict(descr, '(1,)')))).toThrow(NpyFormatError);
    expect(() => decodeNpy(npy(dict(descr, '(1,)')))).toThrow(message);
  });

  it.each([
    ['(-1,)', /dimensions from 0.*got -1/],
    ['(18446744073709551616,)', /dimensions from 0.*18446744073709551616/],
    ['(9007199254740993,)', /dimensions from 0/],
    [`(${'9'.repeat(60_000)},)`, /dimensions from 0.*9…/],
    ['(9007199254740991,)', /less than 2\*\*53 bytes/],
    ['(4294967296, 4294967296)', /less than 2\*\*53 bytes/],
    ['(0, 9007199254740991, 9007199254740991)', /less than 2\*\*53 bytes/],
    [`(${'9007199254740991, '.repeat(32)})`, /less than 2\*\*53 bytes/],
    ['(1000000000,)', /Expected 4000000000 bytes.*got 0.*cut off/],
    [`(${'1, '.repeat(33)})`, /at most 32 axes/],
    ['(3)', /Expected ','/],
    ['3', /Expected '\('/],
    ['[3]', /Expected '\('/],
    ['(3.0,)', /Expected ','/],
    ['(03,)', /Expected a dimension/],
    ['(True,)', /Expected a dimension/],
  ])('refuses shape %.40s before it allocates', (shape, message) => {
    expect(() => decodeNpy(npy(dict("'<f4'", shape)))).toThrow(NpyFormatError);
    expect(() => decodeNpy(npy(dict("'<f4'", shape)))).toThrow(message);
  });

  it.each([
    ['', /Expected '{'.*its end/],
    ['{}', /with descr, fortran_order and shape, got/],
    ["{'descr': '<f4', 'shape': ()}", /with descr, fortran_order and shape, got/],
    [dict("'<f4', 'descr': '<f4'", '()'), /once each, got the key "descr"/],
    [dict("'<f4', 'extra': 1", '()'), /once each, got the key "extra"/],
    [dict("'<f4'", '()', 'false'), /True or False/],
    [dict("'<f4'", '()', '1'), /True or False/],
    [dict("__import__('os')", '()'), /Expected a string/],
    [dict("'<f4'", '()') + 'x', /nothing after the dict/],
    [dict("'<f\\x34'", '()'), /Expected a string/],
    [dict("'<f4'", '()').replace(',', ';'), /Expected '}'/],
  ])('refuses the header %s', (header, message) => {
    expect(() => decodeNpy(npy(header, Buffer.alloc(4)))).toThrow(NpyFormatError);
    expect(() => decodeNpy(npy(header, Buffer.alloc(4)))).toThrow(message);
  });

  const good = npy(dict("'<f4'", '(1,)'), Buffer.alloc(4));
  const bomb = npy(dict("'<f4'", '()') + ' '.repeat(65_536), Buffer.alloc(4), 2);
  it.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /starts with.*got no bytes/],
    ['a zip', Buffer.from('PK\x03\x04....'), /\.npz/],
    ['a pickle', Buffer.from([0x80, 4, 0x95, 0, 0, 0]), /pickle/],
    ['a version 4.0', Buffer.from(good).fill(4, 6, 7), /version.*got 4\.0/],
    ['a version 1.1', Buffer.from(good).fill(1, 7, 8), /version.*got 1\.1/],
    ['the magic only', good.subarray(0, 6), /at least 12 bytes, got 6/],
    ['half a header', good.subarray(0, 40), /a header up to byte \d+, got 40 bytes/],
    ['missing data', good.subarray(0, -1), /Expected 4 bytes.*got 3.*cut off/],
    ['trailing bytes', Buffer.concat([good, Buffer.alloc(1)]), /got 5.*nothing after/],
    ['a header bomb', bomb, /at most 65536 bytes/],
  ])('refuses %s', (_, file, message) => {
    expect(() => decodeNpy(file)).toThrow(NpyFormatError);
    expect(() => decodeNpy(file)).toThrow(message);
  });

  it.each([0xd800, 0xdfff, 0x110000, 0xffffffff])('refuses the code point %i', (code) => {
    const data = Buffer.alloc(4);
    data.writeUInt32LE(code);
    const file = npy(dict("'<U1'", '(1,)'), data);
    expect(() => decodeNpy(file)).toThrow(NpyFormatError);
    expect(() => decodeNpy(file)).toThrow(`0x${code.toString(16)}`);
  });

  it('never throws anything but NpyFormatError, and says .npy', () => {
    const files = DTYPES.flatMap((dtype) => fc.sample(arrays(dtype), { seed: 7, numRuns: 4 }));
    const encoded = files.map((array) => encodeNpy(array));
    const byte = fc.oneof(
      fc.nat(255),
      fc.constantFrom(...Buffer.from("0123456789-L,()[]{}' TF<>|=")),
    );
    const edit = fc.record({
      at: fc.nat(140),
      drop: fc.nat(2),
      put: fc.array(byte, { maxLength: 2 }),
    });
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(
        fc.constantFrom(...encoded),
        fc.array(edit, { minLength: 1, maxLength: 3 }),
        (file, edits) => {
          const bytes = [...file];
          for (const { at, drop, put } of edits) bytes.splice(at, drop, ...put);
          const outcome = verdict(Uint8Array.from(bytes));
          outcomes.add(outcome);
        },
      ),
      { numRuns: 3000 },
    );
    // Otherwise the mutations are too wild, or too tame, to say anything.
    expect(outcomes).toEqual(new Set(['decoded', 'refused']));
  });
});
