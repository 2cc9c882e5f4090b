import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataFrame } from '../data-frame.js';
import type { NamedColumn } from '../data-frame.js';
import { DTYPES, allocate, integerRange } from '../dtype.js';
import type { DType } from '../dtype.js';
import { numberToFloat16 } from '../float16.js';
import { NdArray } from '../nd-array.js';
import { decodeArrow } from './arrow/decode-arrow.js';
import { encodeArrow } from './arrow/encode-arrow.js';
import { parseCsvFrame } from './csv/parse-csv-frame.js';
import { stringifyCsvFrame } from './csv/stringify-csv-frame.js';
import { ORIENTS, parseJsonFrame } from './json/parse-json-frame.js';
import { stringifyJsonFrame } from './json/stringify-json-frame.js';
import { decodeParquet } from './parquet/decode-parquet.js';
import { encodeParquet } from './parquet/encode-parquet.js';

// No byte order mark at the beginning: apache-arrow, hyparquet and CSV drop it.
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', 'NaN', '1', 'true', ' a ', '"', 'a,b', 'a\r\nb', '\n', '\0', 'null'),
);
const name = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', '0', '10', '9'));

/** Elements of a dtype, as its array holds them. */
function elementOf(dtype: DType, noInfinity: boolean): fc.Arbitrary<unknown> {
  if (dtype === 'string') return text;
  if (dtype === 'bool') return fc.constantFrom(0, 1);
  if (dtype === 'float64') return fc.double({ noDefaultInfinity: noInfinity });
  if (dtype === 'float32') return fc.float({ noDefaultInfinity: noInfinity });
  if (dtype === 'float16') {
    return fc.float({ noDefaultInfinity: noInfinity }).map((value) => {
      return numberToFloat16(
        Number.isFinite(value) ? Math.max(-65504, Math.min(65504, value)) : value,
      );
    });
  }
  const [min, max] = integerRange(dtype);
  const integer = fc.bigInt({ min, max });
  return dtype.endsWith('64') ? integer : integer.map(Number);
}

function columnOf(dtype: DType, length: number, noInfinity: boolean): fc.Arbitrary<NdArray> {
  const elements = { minLength: length, maxLength: length };
  return fc.array(elementOf(dtype, noInfinity), elements).map((values) => {
    const data = allocate(dtype, length) as unknown[];
    for (const [row, value] of values.entries()) data[row] = value;
    return new NdArray(dtype, data as never, [length]);
  });
}

/** Frames of up to four columns; of no rows only where the format says which columns there are. */
function frames({ minRows = 0, noInfinity = false } = {}): fc.Arbitrary<DataFrame> {
  return fc
    .tuple(
      fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: minRows, max: 5 }),
      fc.array(fc.constantFrom(...DTYPES), { minLength: 4, maxLength: 4 }),
    )
    .chain(([names, length, dtypes]) =>
      fc
        .tuple(...names.map((_, at) => columnOf(dtypes[at], length, noInfinity)))
        .map(
          (columns) => new DataFrame(names.map((title, at): NamedColumn => [title, columns[at]])),
        ),
    );
}

/** apache-arrow leaves out an empty name, which pyarrow reads as one and it itself as "null". */
function isNamed({ names }: DataFrame): boolean {
  return !names.includes('');
}

function expectSame(got: DataFrame, frame: DataFrame): void {
  expect({ names: got.names, dtypes: got.dtypes, rows: got.toRecords() }).toEqual({
    names: frame.names,
    dtypes: frame.dtypes,
    rows: frame.toRecords(),
  });
  expect(got.equals(frame)).toBe(true);
}

describe('a DataFrame comes back as it was', () => {
  it.each(ORIENTS)('from JSON, orient %s', (orient) => {
    fc.assert(
      fc.property(frames({ noInfinity: true }), (frame) => {
        const bytes = Buffer.from(stringifyJsonFrame(frame, orient));
        const { names: columns, dtypes } = frame;
        // Only `columns` and `split` say what columns there are, where there are no rows.
        expectSame(parseJsonFrame(bytes, { orient, dtypes, columns }), frame);
      }),
    );
  });

  it('from JSON without dtypes, where JSON tells them', () => {
    const dtypes = { a: 'int64', b: 'float64', c: 'string', d: 'bool' } as const;
    const columns = Object.entries(dtypes);
    fc.assert(
      fc.property(fc.tuple(...columns.map(([, dtype]) => columnOf(dtype, 3, true))), (arrays) => {
        const frame = new DataFrame(columns.map(([title], at): NamedColumn => [title, arrays[at]]));
        expectSame(parseJsonFrame(Buffer.from(stringifyJsonFrame(frame))), frame);
      }),
    );
  });

  it('from CSV', async () => {
    await fc.assert(
      fc.asyncProperty(frames(), async (frame) => {
        const bytes = Buffer.from(stringifyCsvFrame(frame));
        expectSame(await parseCsvFrame(bytes, { dtypes: frame.dtypes }), frame);
      }),
    );
  });

  it('from Arrow', async () => {
    await fc.assert(
      fc.asyncProperty(frames().filter(isNamed), async (frame) => {
        expectSame(await decodeArrow(await encodeArrow(frame)), frame);
      }),
    );
  });

  it('from Parquet', async () => {
    await fc.assert(
      fc.asyncProperty(frames(), async (frame) => {
        expectSame(await decodeParquet(await encodeParquet(frame)), frame);
      }),
    );
  });
});

describe('bytes that were changed', () => {
  const frame = DataFrame.from({ a: [1, 2, null], b: ['x', 'y', 'y'], c: [true, false, true] });
  const formats = {
    csv: [async () => Buffer.from(stringifyCsvFrame(frame)), async (b: Buffer) => parseCsvFrame(b)],
    json: [
      async () => Buffer.from(stringifyJsonFrame(frame)),
      async (b: Buffer) => parseJsonFrame(b),
    ],
    arrow: [() => encodeArrow(frame), decodeArrow],
    parquet: [() => encodeParquet(frame), decodeParquet],
  } as const;

  it.each(Object.keys(formats) as (keyof typeof formats)[])(
    'give another frame or a 400, never anything else: %s',
    async (format) => {
      const [encode, decode] = formats[format];
      const bytes = await encode();
      const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
      const outcome = async (body: Buffer): Promise<unknown> =>
        decode(body).catch((error: { statusCode?: number }) => error.statusCode ?? error);
      await fc.assert(
        fc.asyncProperty(
          fc.array(change, { minLength: 1, maxLength: 3 }),
          fc.option(fc.nat(bytes.length)),
          async (changes, end) => {
            const body = Buffer.from(bytes.subarray(0, end ?? bytes.length));
            for (const [at, value] of changes) if (at < body.length) body[at] = value;
            const result = await outcome(body);
            expect(result === 400 || result instanceof DataFrame ? 'fine' : result).toBe('fine');
          },
        ),
        { numRuns: 500 },
      );
    },
    30_000,
  );
});
