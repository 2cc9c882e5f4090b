import { readFile, readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { DataFrame } from '../data-frame.js';
import type { DType } from '../dtype.js';
import { float16ToNumber } from '../float16.js';
import type { NdArray } from '../nd-array.js';
import { decodeArrow } from './arrow/decode-arrow.js';
import { parseCsvFrame } from './csv/parse-csv-frame.js';
import { ORIENTS, parseJsonFrame } from './json/parse-json-frame.js';
import type { Orient } from './json/parse-json-frame.js';
import { decodeParquet } from './parquet/decode-parquet.js';

interface ExpectedColumn {
  readonly name: string;
  readonly dtype: DType;
  readonly values: readonly (number | string | boolean | null)[];
}

const FOLDER = new URL('../../../../test/fixtures/frames/', import.meta.url);
const expected = JSON.parse(await readFile(new URL('expected.json', FOLDER), 'utf8')) as Record<
  string,
  ExpectedColumn[]
>;

async function read(file: string): Promise<DataFrame> {
  const bytes = await readFile(new URL(file, FOLDER));
  const [, stem, kind] = /^(.*)\.(\w+)$/.exec(file) ?? [];
  switch (kind) {
    case 'csv':
      return parseCsvFrame(bytes);
    case 'arrow':
      return decodeArrow(bytes);
    case 'parquet':
      return decodeParquet(bytes);
    default:
      return parseJsonFrame(bytes, { orient: stem as Orient });
  }
}

/** As expected.json has them. */
function shown({ dtype, data }: NdArray): ExpectedColumn['values'] {
  return Array.from(data as ArrayLike<unknown>, (value) => {
    if (dtype === 'string') return value as string;
    if (dtype === 'bool') return value === 1;
    if (dtype.includes('int')) return String(value);
    const number = dtype === 'float16' ? float16ToNumber(value as number) : (value as number);
    return Number.isNaN(number) ? null : number;
  });
}

describe('what pandas and pyarrow write', () => {
  it.each(Object.keys(expected))('is read exactly: %s', async (file) => {
    const frame = await read(file);
    const columns = frame.names.map((name) => {
      const column = frame.column(name);
      return { name, dtype: column.dtype, values: shown(column) };
    });
    expect(columns).toEqual(expected[file]);
  });

  it('comes in every orient and format', async () => {
    const files = await readdir(FOLDER);
    const readable = files.filter((file) => !/^refused|^expected|\.py$/.test(file));
    expect(Object.keys(expected).toSorted()).toEqual(readable.toSorted());
    expect(readable).toEqual(expect.arrayContaining(ORIENTS.map((orient) => `${orient}.json`)));
  });

  it.each([
    ['refused-zstd.parquet', 'compression or with snappy, gzip or brotli, got ZSTD'],
    ['refused-lz4.arrow', 'without compression, got a compressed one'],
    [
      'refused-date.arrow',
      'Expected column "day" of integers, floats, booleans or strings, got Date',
    ],
    [
      'refused-date.parquet',
      'Expected column "day" of integers, floats, booleans or strings, got DATE',
    ],
    [
      'refused-list.arrow',
      'column "list" of integers, floats, booleans or strings, got List<Int64>',
    ],
    ['refused-list.parquet', 'column "list" of integers, floats, booleans or strings, got LIST'],
    ['refused-null.arrow', 'Expected a string in row 1 of column "name", got null'],
    ['refused-null.parquet', 'Expected a string in row 1 of column "name", got null'],
  ])('is refused by name where no dtype stands for it: %s', async (file, message) => {
    await expect(read(file)).rejects.toMatchObject({
      code: 'INVALID_DATAFRAME',
      statusCode: 400,
      message: expect.stringContaining(message) as string,
    });
  });
});
